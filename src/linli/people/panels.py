from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.ui.registry import Found, finder, place

from .actions import note_found
from .queries import picks

place(
    name="people",
    label=pgettext_lazy("place", "People"),
    icon="people",
    url_name="people:list",
    needs="people.view",
    order=35,
)


def _find(actor: Actor, text: str) -> Iterable[Found]:
    """By name, pinyin or initials; a number is never looked up from an address."""
    found = picks(actor, text=text)
    note_found([one.id for one in found], actor=actor)
    for one in found:
        yield Found(one.name, one.sub, reverse("people:person", args=[one.id]))


finder("people", _("People"), "people.view", _find)
