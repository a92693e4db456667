"""Statistical area codes: 12 digits as an int, 2 province + 2 city + 2 county + 3 + 3.

A code that ends in zero segments names the whole: 350500000000 is the city 3505, and everything in
it lies in the range 350500000000..350599999999. `NATION` is 0.

Collisions. A segment of zeros means "this level is left out", so a list entry whose own segment is
zero has the very code of its parent. In the 2023 list of the National Bureau of Statistics these
are the pseudo counties 441900, 442000 and 460400 (Dongguan, Zhongshan, Danzhou have no counties)
and the entries 350527000 and 350527000000 that repeat the county 350527. They do not exist as
areas: `level_of` sees the city (or county), the townships of Dongguan (441900003…) are level 4 and
hang directly on the city, and `county_of` gives the city. `repeats_parent` tells them from the
short code as a list writes it.
"""

from collections.abc import Callable

NATION = 0
LEVEL_NAMES = ("nation", "province", "city", "county", "township", "village")
PROVINCE, CITY, COUNTY, TOWNSHIP, VILLAGE = 1, 2, 3, 4, 5

_SPANS = (10**12, 10**10, 10**8, 10**6, 10**3, 1)
_SHORT_LENGTHS = (0, 2, 4, 6, 9, 12)
_LOWEST, _HIGHEST = 10**11, 10**12 - 1

# Entries that stand only for "the counties below": municipalities and places run by a province.
_PSEUDO_CITIES = frozenset(
    short * 10**8 for short in (1101, 1201, 3101, 4190, 4290, 4690, 5001, 5002, 6590)
)
_PSEUDO_NAMES = frozenset({"市辖区", "县"})
_PSEUDO_ENDINGS = ("直辖县级行政区划", "直辖县级行政单位")


def level_of(code: int) -> int:
    """0 nation, 1 province, 2 city, 3 county, 4 township, 5 village.

    Read from the trailing zero segments. Raises ValueError for anything that is neither 0 nor a
    12-digit code, such as a short code that was not expanded.
    """
    if code == NATION:
        return 0
    if not _LOWEST <= code <= _HIGHEST:
        raise ValueError(f"{code} is not a 12-digit area code")
    # Nearly all areas are villages: the finest level is looked at first.
    if code % 10**3:
        return VILLAGE
    if code % 10**6:
        return TOWNSHIP
    if code % 10**8:
        return COUNTY
    return CITY if code % 10**10 else PROVINCE


def span_of(code: int) -> int:
    """How many codes an area can hold, itself included: 1 for a village, 10**8 for a city."""
    return _SPANS[level_of(code)]


def range_of(code: int) -> tuple[int, int]:
    """First and last code inside an area, both inclusive; the nation is 0..999999999999."""
    return code, code + span_of(code) - 1


def ancestors(code: int) -> list[int]:
    """The codes above an area, the nation first and the area itself left out.

    A level whose segment is zero is left out, so a township of Dongguan has no county above it.
    Pseudo cities (110100000000) are included: whether to show them is `is_pseudo`.
    """
    chain: list[int] = []
    for span in _SPANS[: level_of(code)]:
        above = code - code % span
        if not chain or above != chain[-1]:
            chain.append(above)
    return chain


def at_level(code: int, level: int) -> int:
    """The code truncated to a level; one that is already coarser comes back as it is.

    The same as `code - code % span` in SQL. So a township of Dongguan at county level gives the
    city, and a fact that is known by its province only gives the province at every finer level.
    """
    level_of(code)
    return code - code % _SPANS[level]


def city_of(code: int) -> int:
    """The city of an area, or the area itself when it is coarser than a city."""
    return at_level(code, CITY)


def county_of(code: int) -> int:
    """The county of an area; the city where there are no counties; a coarser area is kept."""
    return at_level(code, COUNTY)


def expand(short: str) -> int:
    """The full code of a short one as lists write it: "3505" is 350500000000, "0" the nation.

    Raises ValueError unless it has 2, 4, 6, 9 or 12 ASCII digits and begins with a province.
    """
    if short == "0":
        return NATION
    if len(short) not in _SHORT_LENGTHS[1:] or not (short.isascii() and short.isdigit()):
        raise ValueError(f"{short!r} is not an area code of 2, 4, 6, 9 or 12 digits")
    code = int(short.ljust(12, "0"))
    if code < _LOWEST:
        raise ValueError(f"{short!r} does not begin with a province")
    return code


def repeats_parent(short: str) -> bool:
    """Whether a list entry has the code of its own parent: "441900", "350527000".

    Such an entry is no area of its own (see the module's text). Raises ValueError as `expand`.
    """
    return level_of(expand(short)) < _SHORT_LENGTHS.index(len(short)) if short != "0" else False


def kind_of(code: int) -> str:
    """What a township or village code says about its kind; above, the name of the level.

    Townships (GB/T 10114): street 001-099, town 100-199, township 200-399, quasi 400-599.
    Villages: residents_committee 001-199, village_committee 200-399, quasi 400-599.
    Anything else is "other". The number tells how the place was registered, not what it is called:
    a few streets carry a town's number.
    """
    level = level_of(code)
    if level < TOWNSHIP:
        return LEVEL_NAMES[level]
    return _VILLAGE_KIND(code % 1000) if level == VILLAGE else _TOWNSHIP_KIND(code // 1000 % 1000)


def is_pseudo(code: int, name: str) -> bool:
    """Whether an entry only fills a gap in the list and is hidden from readers.

    `code` has 12 digits, or is the short code of a list as an int. True for the pseudo cities
    (1101, 1201, 3101, 5001, 5002, 4190, 4290, 4690, 6590) under any name, for any city or county
    named 市辖区, 县 or …直辖县级行政区划, and for a short code that repeats its parent (441900).
    False for 441900000000: with 12 digits that is the city of Dongguan itself.
    """
    if 0 < code < _LOWEST:
        short = str(code)
        if repeats_parent(short):
            return True
        code = expand(short)
    if code in _PSEUDO_CITIES:
        return True
    has_pseudo_name = name in _PSEUDO_NAMES or name.endswith(_PSEUDO_ENDINGS)
    return has_pseudo_name and level_of(code) in {CITY, COUNTY}


def _kinds(*limits: tuple[int, str]) -> Callable[[int], str]:
    def kind(number: int) -> str:
        return next((name for limit, name in limits if number <= limit), "other")

    return kind


_TOWNSHIP_KIND = _kinds((99, "street"), (199, "town"), (399, "township"), (599, "quasi"))
_VILLAGE_KIND = _kinds((199, "residents_committee"), (399, "village_committee"), (599, "quasi"))
