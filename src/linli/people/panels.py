from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.ui.registry import DutyLine, Found, duty_lines, finder, place

from . import handling
from .actions import note_found
from .enums import Signal
from .queries import picks
from .workflow import DUPLICATE, MOVING

place(
    name="people",
    label=pgettext_lazy("place", "People"),
    icon="people",
    url_name="people:list",
    needs="people.view",
    order=35,
    key="p",
)


def _find(actor: Actor, text: str) -> Iterable[Found]:
    """By name, pinyin or initials; a number is never looked up from an address."""
    found = picks(actor, text=text)
    note_found([one.id for one in found], actor=actor)
    for one in found:
        yield Found(one.name, one.sub, reverse("people:person", args=[one.id]))


finder("people", _("People"), "people.view", _find)


def _questions(actor: Actor, duplicate_ids: list[UUID]) -> dict[UUID, DutyLine]:
    """What kind of question it is; nobody is named on the home page."""
    found = handling.by_ids(actor, duplicate_ids)
    places = path_labels({one.area_id for one in found.values()}, below=3)
    return {
        pk: DutyLine(
            what=_("Two files, perhaps one person"),
            where=places[one.area_id],
            url=reverse("people:duplicate", args=[pk]),
            number=str(Signal(one.signal).label),
        )
        for pk, one in found.items()
    }


def _moves(actor: Actor, moving_ids: list[UUID]) -> dict[UUID, DutyLine]:
    found = handling.movings_by_ids(actor, moving_ids)
    places = path_labels({one.area_id for one in found.values()}, below=3)
    return {
        pk: DutyLine(
            what=_("Somebody moves here"),
            where=places[one.area_id],
            url=reverse("people:moving", args=[pk]),
        )
        for pk, one in found.items()
    }


duty_lines(
    DUPLICATE.name,
    _questions,
    verbs={"decide": pgettext_lazy("duty", "Decide"), "answer": pgettext_lazy("duty", "Answer")},
)
duty_lines(MOVING.name, _moves, verbs={"accept": pgettext_lazy("duty", "Accept the file")})
