"""The question whether two files are about one person: asked by a station or found by comparing,
decided by the centre that answers for both."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused, Stale

from .. import follow
from ..arbiter import arbiter
from ..changes import Details, tell
from ..enums import DuplicateState, Signal
from ..merged import due
from ..models import Duplicate, Person
from ..queries import CITIZEN_ID, likely_pairs, person_of
from ..workflow import DUPLICATE, OPEN
from .files import register_person

COMPARED_AT_MOST = 500


class NoArbiter(Refused):
    """The two files lie in places for which no one centre answers."""

    def __str__(self) -> str:
        return _(
            "No centre in this system answers for both places. Please ask your county centre to"
            " reach the other one."
        )


class DecidedBefore(Refused):
    """The centre has decided about these two already."""

    def __str__(self) -> str:
        return _(
            "The centre has decided this before: these are two persons. Please look at the number"
            " once more."
        )


@transaction.atomic
def register_and_ask(
    *,
    actor: Actor,
    details: Details,
    basis: str,
    form: str = "",
    other_id: UUID | None = None,
    words: str = "",
) -> Person:
    """Put a person on file, so that help can begin, and ask the centre whether it is the one of
    another file: `other_id`, or the one that has the citizen id (which stays out of this file)."""
    number = "" if other_id else details.citizen_id
    other = person_of(actor, other_id) if other_id else None
    is_held = other is not None and other.citizen_id == details.citizen_id
    known = replace(details, citizen_id="") if number or is_held else details
    made = register_person(actor=actor, details=known, basis=basis, form=form)
    ask_centre(made, actor=actor, other_id=other_id, number=number, words=words)
    return made


@transaction.atomic
def ask_centre(
    person: Person, *, actor: Actor, other_id: UUID | None = None, number: str = "", words: str = ""
) -> Duplicate:
    """Ask whether a file is about the same person as another: one the actor may open, or the one
    that has a citizen id number, wherever it is kept.

    A pair is asked about once. Raises NoArbiter, and DecidedBefore.
    """
    if not holds(actor, "duplicates.ask") or not can(actor, "people.change", person):
        raise Refused
    if number:
        rows = Person._base_manager.filter(citizen_id_index=blind(number, purpose=CITIZEN_ID))
        found = rows.values_list("pk", flat=True).first()
        other_id = follow.survivor(found) if found else None
    elif other_id is not None and person_of(actor, other_id) is None:
        raise Refused
    if other_id is None or other_id == person.pk:
        # Whoever had the number has it no longer.
        raise Stale
    signal = Signal.CITIZEN_ID if number else Signal.ASKED
    return _ask(person.pk, other_id, signal, actor=actor, asked_for=person, words=words)


@transaction.atomic
def compare_files(*, actor: Actor) -> int:
    """Ask the centres about files of one county that look like one person's and were never asked
    about; returns how many. Can be done twice."""
    if not actor.is_system:
        raise Refused
    made = 0
    for one_id, other_id, signal in likely_pairs(COMPARED_AT_MOST):
        try:
            _ask(one_id, other_id, Signal(signal), actor=actor)
            made += 1
        except NoArbiter:
            continue
    return made


def _ask(
    one_id: UUID,
    other_id: UUID,
    signal: Signal,
    *,
    actor: Actor,
    asked_for: Person | None = None,
    words: str = "",
) -> Duplicate:
    first, second = sorted((one_id, other_id))
    # Of two who ask at once the second waits here, and then finds what the first has asked.
    list(Person._base_manager.select_for_update(of=("self",)).filter(pk=first))
    held: Duplicate | None = Duplicate._base_manager.filter(one=first, other=second).first()
    if held is not None and held.state == DuplicateState.DIFFERENT:
        raise DecidedBefore
    if held is not None:
        return held
    files = Person._base_manager.in_bulk([first, second])
    centre = arbiter(files[first].area_id, files[second].area_id, on=actor.today)
    if centre is None:
        raise NoArbiter
    until = due(actor)
    made: Duplicate = Duplicate.objects.create(
        one=files[first],
        other=files[second],
        signal=signal,
        centre=centre,
        unit=centre,
        area_id=(asked_for or files[first]).area_id,
        asked_unit_id=actor.unit_id,
        words=words,
        asked_at=actor.now,
        due_at=until.at,
    )
    DUPLICATE.begin(made, actor=actor, until=until, signal=str(signal))
    _tell_both(made, "duplicate_asked", actor=actor)
    return made


@transaction.atomic
def consult_station(question: Duplicate, *, actor: Actor, station_id: UUID, words: str) -> None:
    """Ask one of the two stations back before deciding."""
    files = Person._base_manager.filter(pk__in=(question.one_id, question.other_id))
    if station_id not in set(files.values_list("unit", flat=True)):
        raise Refused
    until = due(actor)
    changes = {"unit_id": station_id, "due_at": until.at, "words": words, "answer": ""}
    DUPLICATE.move(question, "consult", actor=actor, until=until, changes=changes)
    _tell_both(question, "duplicate_consulted", actor=actor)


@transaction.atomic
def answer_centre(question: Duplicate, *, actor: Actor, words: str) -> None:
    """What the station knows of it; the centre decides."""
    until = due(actor)
    changes = {"unit_id": question.centre_id, "due_at": until.at, "answer": words}
    DUPLICATE.move(question, "answer", actor=actor, until=until, changes=changes)


@transaction.atomic
def tell_apart(question: Duplicate, *, actor: Actor) -> None:
    """Decide that two files are about two persons; nobody is asked about them again."""
    changes = {"unit_id": question.centre_id, "due_at": None}
    DUPLICATE.move(question, "part", actor=actor, changes=changes)
    _tell_both(question, "duplicate_parted", actor=actor)


def note_compared(question: Duplicate, *, actor: Actor) -> None:
    """Put on record in both files that somebody looked at them side by side."""
    if not can(actor, "duplicates.decide", question):
        raise Refused
    if question.state in OPEN:
        _tell_both(question, "compare_read", actor=actor)


def _tell_both(question: Duplicate, verb: str, *, actor: Actor) -> None:
    for one in Person._base_manager.filter(pk__in=(question.one_id, question.other_id)):
        tell(actor, verb, one)
