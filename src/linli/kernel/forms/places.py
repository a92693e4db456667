from typing import Any

from django import forms

from linli.kernel.areas.queries import children, label, path_labels
from linli.kernel.scope import Scope
from linli.lib.areacodes import COUNTY, TOWNSHIP, level_of, range_of

Choice = tuple[int, str]


class PlaceField(forms.TypedChoiceField):
    """An area inside a scope, chosen from a list; returns the 12-digit code.

    Offers the area of each of its ranges and the areas just below it, from townships on: for a
    station, its townships and their villages. `keep` is offered too, wherever it lies. With
    `blank`, nothing is chosen at first.
    """

    def __init__(
        self,
        *,
        scope: Scope,
        keep: int | None = None,
        blank: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("coerce", int)
        kwargs.setdefault("empty_value", None)
        first = [] if blank is None else [("", blank)]
        super().__init__(choices=lambda: [*first, *_offered(scope, keep)], **kwargs)


def _offered(scope: Scope, keep: int | None) -> list[Any]:
    spans = sorted(scope.ranges)
    groups = [_group(low, scope) for low, high in spans if range_of(low) == (low, high)]
    groups = [one for one in groups if one[1]]
    held = {code for _label, choices in groups for code, _name in choices}
    if keep is not None and keep not in held:
        groups.insert(0, ("", [(keep, path_labels([keep], below=COUNTY)[keep])]))
    if len(groups) == 1:
        return groups[0][1]
    return [part for name, choices in groups for part in _grouped(name, choices)]


def _group(code: int, scope: Scope) -> tuple[str, list[Choice]]:
    name, below = label(code), children(code)
    is_offered = level_of(code) >= TOWNSHIP and code not in scope.former
    own = [(code, name)] if is_offered else []
    found = [(one.code, one.label) for one in below if one.level >= TOWNSHIP]
    return name, [one for one in own + found if scope.covers(one[0])]


def _grouped(name: str, choices: list[Choice]) -> list[Any]:
    return [(name, choices)] if name else list(choices)
