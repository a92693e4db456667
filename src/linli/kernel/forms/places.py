from typing import Any

from django import forms

from linli.kernel.areas.queries import children, label, path_labels
from linli.lib.areacodes import COUNTY, TOWNSHIP, level_of, range_of

Choice = tuple[int, str]


class PlaceField(forms.TypedChoiceField):
    """An area inside some code ranges, chosen from a list; returns the 12-digit code.

    Offers each range's own area and the areas just below it, from townships on: for a station, its
    townships and their villages. `keep` is offered too, wherever it lies. With `blank`, nothing is
    chosen at first.
    """

    def __init__(
        self,
        *,
        inside: tuple[tuple[int, int], ...],
        keep: int | None = None,
        blank: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("coerce", int)
        kwargs.setdefault("empty_value", None)
        first = [] if blank is None else [("", blank)]
        super().__init__(choices=lambda: [*first, *_offered(inside, keep)], **kwargs)


def _offered(inside: tuple[tuple[int, int], ...], keep: int | None) -> list[Any]:
    groups = [_group(low) for low, high in sorted(inside) if range_of(low) == (low, high)]
    groups = [one for one in groups if one[1]]
    held = {code for _label, choices in groups for code, _name in choices}
    if keep is not None and keep not in held:
        groups.insert(0, ("", [(keep, path_labels([keep], below=COUNTY)[keep])]))
    if len(groups) == 1:
        return groups[0][1]
    return [part for name, choices in groups for part in _grouped(name, choices)]


def _group(code: int) -> tuple[str, list[Choice]]:
    own = [(code, label(code))] if level_of(code) >= TOWNSHIP else []
    below = [(one.code, one.label) for one in children(code) if one.level >= TOWNSHIP]
    return label(code), own + below


def _grouped(name: str, choices: list[Choice]) -> list[Any]:
    return [(name, choices)] if name else list(choices)
