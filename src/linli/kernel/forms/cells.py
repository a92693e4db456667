"""Fields for the cells of a sheet, where nobody can choose from a list."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linli.kernel.areas.queries import exists, names_inside
from linli.lib.areacodes import TOWNSHIP, VILLAGE, expand

CITY_CODES = 10**8
CODE = re.compile(r"(?:^|\D)(\d{12}|\d{9}|\d{6})$")
SIGNS = re.compile(r"[\s·,，、/\\>\-—|]+")
# What a village or community is called in full, at its end; people leave it out.
ENDINGS = ("居民委员会", "村民委员会", "居委会", "村委会", "社区", "村")


class AreaCell(forms.CharField):
    """An area inside some ranges, by its code or by its name with those of the areas above it.

    All names are read once: a sheet has five thousand cells of a few hundred places. Where more
    than a city is looked after, villages are known by their codes only: there are half a million.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("No area of this name was found here."),
        "alike": _("Several areas have this name: write the township before it, or the code."),
    }

    def __init__(
        self, *, inside: Iterable[tuple[int, int]], at_least: int = TOWNSHIP, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inside, self.at_least = tuple(inside), at_least
        self._held: tuple[frozenset[int], dict[str, set[int]]] | None = None

    def clean(self, value: Any) -> int | None:
        text: str = super().clean(value)
        if not text:
            return None
        codes, names = self._known()
        number = CODE.search(unicodedata.normalize("NFKC", text).strip())
        if number is not None:
            code = _expanded(number[1])
            return self._one({code} if code in codes or self._is_far(code) else set())
        return self._one(names.get(_plain(text), set()))

    @property
    def _is_wide(self) -> bool:
        return sum(high - low + 1 for low, high in self.inside) > CITY_CODES

    def _is_far(self, code: int) -> bool:
        """Whether a code is that of a village whose name has not been read."""
        is_inside = any(low <= code <= high for low, high in self.inside)
        return self._is_wide and is_inside and exists(code, on=timezone.localdate())

    def _one(self, found: set[int] | frozenset[int]) -> int:
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], "unknown")
        if len(found) > 1:
            raise forms.ValidationError(self.error_messages["alike"], "alike")
        return next(iter(found))

    def _known(self) -> tuple[frozenset[int], dict[str, set[int]]]:
        """The codes, and the areas by every way in which their names are written."""
        if self._held is None:
            names: dict[str, set[int]] = {}
            finest = TOWNSHIP if self._is_wide else VILLAGE
            found = names_inside(self.inside, at_least=self.at_least, at_most=finest)
            for code, languages in found.items():
                for parts in languages:
                    for name in _spellings(parts):
                        names.setdefault(name, set()).add(code)
            self._held = (frozenset(found), names)
        return self._held


def _expanded(short: str) -> int:
    try:
        return expand(short)
    except ValueError:
        return -1


def _plain(text: str) -> str:
    return SIGNS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _spellings(parts: tuple[str, ...]) -> set[str]:
    """A name alone and with the names above it; without the ending that people leave out."""
    made = set()
    for at in range(len(parts)):
        whole = _plain("".join(parts[at:]))
        made.add(whole)
        bare = whole
        for ending in ENDINGS:
            if bare.endswith(ending) and len(bare) > len(ending) + 1:
                bare = bare.removesuffix(ending)
                made |= {bare, *(bare + one for one in ENDINGS[2:])}
    return made


class UnitCell(forms.CharField):
    """One of some units, by its name in either language; returns its id."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("No unit of this name was found among yours."),
        "alike": _("Several units have this name."),
    }

    def __init__(self, units: Iterable[tuple[UUID, str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._units: dict[str, set[UUID]] = {}
        for key, *names in units:
            for name in names:
                self._units.setdefault(_plain(name), set()).add(key)

    def clean(self, value: Any) -> UUID | None:
        text: str = super().clean(value)
        if not text:
            return None
        found = self._units.get(_plain(text), set())
        if len(found) != 1:
            code = "alike" if found else "unknown"
            raise forms.ValidationError(self.error_messages[code], code)
        return next(iter(found))
