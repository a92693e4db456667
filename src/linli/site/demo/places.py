from collections import defaultdict
from dataclasses import dataclass

from linli.kernel.areas.models import AreaVersion
from linli.lib.areacodes import COUNTY, TOWNSHIP, at_level, kind_of, level_of, range_of

from .texts import data

CITY = 350500000000
PROVINCE = 350000000000
NATION = 0
# In the list, but without townships: nothing can be shown there.
KINMEN = 350527000000


@dataclass(frozen=True, slots=True)
class Named:
    """An area with its names."""

    code: int
    zh: str
    en: str


class Places:
    """Quanzhou's real divisions: counties, their townships, and their villages."""

    def __init__(self) -> None:
        low, high = range_of(CITY)
        rows = AreaVersion.objects.filter(
            valid_to__isnull=True, area__is_pseudo=False, area_id__gte=low, area_id__lte=high
        )
        wanted = rows | AreaVersion.objects.filter(area_id__in=(NATION, PROVINCE))
        self.named = {
            code: Named(code, short(zh), en)
            for code, zh, en in wanted.values_list("area_id", "zh", "en").order_by("area_id")
        }
        self.counties: list[int] = []
        self.townships: dict[int, list[int]] = defaultdict(list)
        self.villages: dict[int, list[int]] = defaultdict(list)
        for code in self.named:
            self._place(code)

    def _place(self, code: int) -> None:
        level = level_of(code)
        if level == COUNTY and code != KINMEN:
            self.counties.append(code)
        # Development zones and farms are no townships and have no station of their own.
        elif level == TOWNSHIP and kind_of(code) != "quasi":
            self.townships[at_level(code, COUNTY)].append(code)
        elif level > TOWNSHIP and kind_of(at_level(code, TOWNSHIP)) != "quasi":
            self.villages[at_level(code, TOWNSHIP)].append(code)


def short(zh: str) -> str:
    """The name of a village or community without the word for its committee."""
    for ending, kept in data("network")["committee_endings"]:
        if zh.endswith(ending) and len(zh) > len(ending) + 1:
            return zh.removesuffix(ending) + str(kept)
    return zh
