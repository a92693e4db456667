"""What happened to a row, as its page tells it: sentences, no ids of other rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from linli.dispatch.enums import Contact, RoutingReason
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.services.enums import Method

LISTS = {
    "reason": (TermList.RETURN_REASON, TermList.REFUSE_REASON),
    "result": (TermList.RESULT,),
    "need": (TermList.NEED,),
    "category": (TermList.PERSON_CATEGORY,),
    "basis": (TermList.LEGAL_BASIS,),
}
ENUMS: dict[str, Any] = {"routing": RoutingReason, "contact": Contact, "method": Method}


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    """The codes of an event as labels, for its sentence."""
    told = dict(data)
    for name, value in data.items():
        for which in LISTS.get(name, ()):
            told[name] = label(which, told[name])
        if name in ENUMS and value in ENUMS[name].values:
            told[name] = ENUMS[name](value).label
    return told


def told(subjects: Iterable[tuple[str, UUID]], *, with_names: bool = True) -> dict[str, Any]:
    """The events of some subjects, oldest first; who looked is not among them."""
    return {
        "items": [
            {"at": one.at, "verb": one.verb, "who": one.who, "sentence": one.sentence}
            for one in lines(subjects, words=_words, with_names=with_names)
            if not one.verb.endswith(("read", ".revealed"))
        ]
    }
