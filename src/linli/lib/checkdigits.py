"""Numbers that check themselves: citizen ids, unified social credit codes, telephone numbers.

Each function returns the one normal form under which a number is stored and looked up, or raises
`InvalidCode`. No message and no exception carries the number itself, so it cannot reach a log.
"""

import re
import unicodedata
from datetime import date

import phonenumbers
from stdnum.cn import ric, uscc

_DIGITS = frozenset("0123456789")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212()]+")

_CREDIT_CODE = re.compile(r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})([1-9][0-9]{6,7})")
_OLDEST_BIRTH_YEAR = 1850
# Both codes have 18 characters; citizen ids before 1999 had 15.
_LENGTH, _OLD_LENGTH = 18, 15
_LONGEST_SHORT_NUMBER = 6


class InvalidCode(ValueError):
    """A number that cannot be right.

    `code` says why: "length", "characters", "date" (no such day of birth), "check" (check digit)
    or "unknown" (digits that are no telephone number). The text is for developers.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"invalid number: {code}")
        self.code = code


def citizen_id(value: str, *, today: date | None = None) -> str:
    """A citizen id (GB 11643) as 18 characters, upper case, without separators.

    The area part is not looked up: it is where the person was first registered, areas are
    abolished, residents of Hong Kong, Macao and Taiwan have 81, 82 and 83, and 000000 marks
    fictitious ids. Raises InvalidCode with "length" (15-digit ids included), "characters",
    "date" (also a day after `today`, when given) or "check".
    """
    number = _plain(value)
    if len(number) != _LENGTH:
        raise InvalidCode("length")
    if not _DIGITS.issuperset(number[:17]) or number[17] not in _DIGITS | {"X"}:
        raise InvalidCode("characters")
    born = _day(number[6:14])
    if born is None or born.year < _OLDEST_BIRTH_YEAR or (today is not None and born > today):
        raise InvalidCode("date")
    if ric.calc_check_digit(number) != number[17]:
        raise InvalidCode("check")
    return number


def mask_citizen_id(value: str) -> str:
    """First three and last two characters, the rest as asterisks; valid or not.

    Anything shorter than a 15-digit id is masked altogether.
    """
    number = _plain(value)
    if len(number) < _OLD_LENGTH:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 5) + number[-2:]


def credit_code(value: str) -> str:
    """A unified social credit code (GB 32100) as 18 characters, upper case.

    The registering department may be a letter (A, N, Y) and the check character any of the 31.
    Raises InvalidCode with "length", "characters" or "check".
    """
    number = _plain(value)
    if len(number) != _LENGTH:
        raise InvalidCode("length")
    if not _CREDIT_CODE.fullmatch(number):
        raise InvalidCode("characters")
    if uscc.calc_check_digit(number) != number[17]:
        raise InvalidCode("check")
    return number


def mobile_or_landline(value: str) -> str:
    """A telephone number in its normal form, the same for every way of writing it.

    Mainland mobile "13800138000", mainland landline "0595-22880000" (area code always given),
    any other place in the international form, "+85298765432"; those are written with "+" or "00".
    Raises InvalidCode with "characters", "length" (short numbers such as 110 and 12345, local
    numbers without area code) or "unknown". Extensions are refused: they belong in a note.
    """
    number = _plain(value)
    number = f"+{number[2:]}" if number.startswith("00") else number
    number = f"+{number}" if re.fullmatch(r"861[3-9][0-9]{9}", number) else number
    if not _DIGITS.issuperset(number.removeprefix("+")):
        raise InvalidCode("characters")
    if number.startswith("+86"):
        rest = number[3:]
        number = rest if rest.startswith("0") or _MOBILE.fullmatch(rest) else f"0{rest}"
    if number.startswith("+"):
        return _international(number)
    return _domestic(number)


def mask_phone(value: str) -> str:
    """A telephone number with its middle as asterisks: "138****8000", "0595-****0000".

    Takes normalised numbers; anything it does not recognise keeps its last two characters only,
    or none when it is shorter than seven.
    """
    number = _plain(value)
    landline = _LANDLINE.fullmatch(number)
    if landline:
        area, local = landline.groups()
        return f"{area}-{'*' * (len(local) - 4)}{local[-4:]}"
    if _MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    if re.fullmatch(r"\+[0-9]{9,}", number):
        return f"{number[:4]}{'*' * (len(number) - 7)}{number[-3:]}"
    kept = 2 if len(number) > _LONGEST_SHORT_NUMBER else 0
    return "*" * (len(number) - kept) + number[len(number) - kept :]


def _plain(value: str) -> str:
    """Full-width characters made narrow, upper case, no spaces, hyphens or brackets."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _domestic(number: str) -> str:
    if _MOBILE.fullmatch(number):
        return number
    landline = _LANDLINE.fullmatch(number)
    if landline:
        return "-".join(landline.groups())
    expected = (11,) if number.startswith("1") else (10, 11, 12)
    raise InvalidCode("unknown" if len(number) in expected else "length")


def _international(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        raise InvalidCode("unknown") from None
    if not phonenumbers.is_valid_number(parsed):
        is_possible = phonenumbers.is_possible_number(parsed)
        raise InvalidCode("unknown" if is_possible else "length")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
