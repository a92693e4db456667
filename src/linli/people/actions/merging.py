"""Two files of one person become one, and two again."""

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor, system
from linli.kernel.flow.follow import part
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.scope import unscoped

from .. import follow
from ..changes import Details, details_of, fill, index_name, store, tell
from ..enums import DuplicateState, Why
from ..events import FileHandedOver, MergeUndone, PersonsMerged
from ..merged import CONTESTED, before, due, packed
from ..models import Basis, Duplicate, FormerPlace, Merge, Moving, Person, Serving
from ..serving import cease, let_serve, locked, note_stations
from ..workflow import DUPLICATE, MOVING, OPEN, UNDER_WAY

REASON = "people.settled"


class NumberTaken(Refused):
    """The citizen id of a file that was merged stands on another file by now."""

    def __str__(self) -> str:
        return _(
            "The citizen id number of this file stands on another file by now. Take it off that"
            " file first; then these two can be taken apart."
        )


@transaction.atomic
def join_files(
    question: Duplicate,
    *,
    actor: Actor,
    kept_id: UUID,
    station_id: UUID,
    taken: Iterable[str] = (),
    serve_both: bool = False,
) -> Merge:
    """Decide that two files are one person's: one is kept and read for both from now on.

    `station_id` is the one of the two stations that keeps it, `taken` names what is right on the
    other file; `serve_both` lets the other station open it, too. Nothing of the merged file is
    lost: `undo_merge` takes the two apart.
    """
    # Files before questions: one decision may settle the question in which another is being made.
    kept, absorbed = _both(question, kept_id)
    back = {"due_at": None, "unit_id": question.centre_id}
    DUPLICATE.move(question, "join", actor=actor, changes=back)
    stations = {kept.unit_id, absorbed.unit_id}
    if station_id not in stations:
        raise Refused
    merge = Merge(
        kept=kept,
        absorbed=absorbed,
        question=question,
        taken=[one for one in CONTESTED if one in set(taken)],
        before=packed(details_of(kept)),
        station_before_id=kept.unit_id,
        merged_at=actor.now,
        merged_by_id=actor.user_id,
    )
    _stop_moves(absorbed, actor=actor)
    absorbed.merged_into = kept
    Person._base_manager.filter(pk=absorbed.pk).update(merged_into=kept)
    _take_over(kept, absorbed, merge.taken)
    follow.settle(kept.pk)
    _give_to(station_id, kept, absorbed, actor=actor)
    merge.servings = _open_to_others(kept, absorbed, stations if serve_both else set(), actor=actor)
    merge.save(force_insert=True)
    index_name(absorbed)
    note_stations(kept)
    tell(actor, "merged", kept, other=str(absorbed.pk), fields=" ".join(merge.taken))
    tell(actor, "merged_away", absorbed, other=str(kept.pk))
    publish(PersonsMerged(actor, kept.pk, absorbed.pk))
    for left in stations - {station_id}:
        publish(FileHandedOver(actor, kept.pk, left))
    _settle_questions(kept.pk, actor=actor)
    return merge


@transaction.atomic
def undo_merge(question: Duplicate, *, actor: Actor) -> Merge:
    """Take apart two files that were merged: each has again what was recorded under it, and what
    was recorded since stays with the one that was kept.

    A detail that was taken over goes back where nobody has changed it since. Works in any order,
    also while the kept file is itself merged into a third.
    """
    merge = Merge.objects.filter(question=question, undone_at__isnull=True).first()
    if merge is None:
        raise Stale
    held = locked({follow.survivor(merge.kept_id), merge.kept_id, merge.absorbed_id})
    kept, absorbed = held[merge.kept_id], held[merge.absorbed_id]
    # Asked again: somebody may have merged the kept one while we waited for it.
    reader = follow.survivor(kept.pk)
    if reader not in held or absorbed.merged_into_id != kept.pk:
        raise Stale
    DUPLICATE.move(question, "undo", actor=actor)
    Merge.objects.filter(pk=merge.pk).update(undone_at=actor.now)
    _give_back(kept, absorbed, merge)
    _set_free(absorbed)
    files = follow.family(absorbed.pk)
    part(Basis._base_manager.all(), absorbed=absorbed.pk, files=files)
    for one in (absorbed.pk, reader):
        follow.settle(one)
    _take_station_back(kept, merge, actor=actor)
    for serving in Serving.objects.filter(pk__in=merge.servings, valid_to__isnull=True):
        cease(kept, serving.station_id, on=actor.today)
    for person in held.values():
        note_stations(person)
    tell(actor, "merge_undone", kept, other=str(absorbed.pk))
    tell(actor, "parted", absorbed, other=str(kept.pk))
    publish(MergeUndone(actor, absorbed.pk, reader, files))
    _ask_again(reader, actor=actor)
    return merge


def _both(question: Duplicate, kept_id: UUID) -> tuple[Person, Person]:
    """The two files as they are read now, held: the one that is kept first."""
    ids = {follow.survivor(one) for one in (question.one_id, question.other_id)}
    if kept_id not in ids or len(ids) != 2:
        raise Stale
    held = locked(ids)
    if any(one.merged_into_id is not None for one in held.values()):
        # Somebody has merged one of them with a third in this very moment.
        raise Stale
    return held.pop(kept_id), held.popitem()[1]


def _take_over(kept: Person, absorbed: Person, taken: Iterable[str]) -> None:
    """Put what is right on the other file on the kept one, which counts a version."""
    other = details_of(absorbed)
    fill(kept, Details(**details_of(kept) | {name: other[name] for name in taken}))
    kept.version += 1
    store(kept)


def _give_back(kept: Person, absorbed: Person, merge: Merge) -> None:
    """Undo `_take_over` where nobody has changed it since."""
    held, was, other = details_of(kept), before(merge), details_of(absorbed)
    back = {name: was[name] for name in merge.taken if held[name] == other[name]}
    fill(kept, Details(**held | back))
    kept.version += 1
    store(kept)


def _set_free(absorbed: Person) -> None:
    absorbed.merged_into = None
    try:
        with transaction.atomic():
            Person._base_manager.filter(pk=absorbed.pk).update(merged_into=None)
    except IntegrityError as error:
        raise NumberTaken from error


def _give_to(station_id: UUID, kept: Person, absorbed: Person, *, actor: Actor) -> None:
    """Give the file to the station that was chosen, with the place where that knows the person."""
    if station_id == kept.unit_id:
        return
    _stop_moves(kept, actor=actor)
    FormerPlace.objects.create(
        person=kept,
        area_id=kept.area_id,
        unit_id=kept.unit_id,
        address=kept.address,
        until=actor.today,
        recorded_at=actor.now,
    )
    cease(kept, station_id, on=actor.today)
    _place(kept, absorbed.unit_id, absorbed.area_id)


def _take_station_back(kept: Person, merge: Merge, *, actor: Actor) -> None:
    """Undo `_give_to`, unless the file has gone to yet another place since."""
    given = FormerPlace.objects.filter(person=kept, recorded_at=merge.merged_at).first()
    is_since = FormerPlace.objects.filter(person=kept, recorded_at__gt=merge.merged_at).exists()
    if given is None or is_since:
        return
    cease(kept, given.unit_id, on=actor.today)
    _place(kept, given.unit_id, given.area_id)
    given.delete()


def _place(person: Person, unit_id: UUID, area: int) -> None:
    person.unit_id, person.area_id = unit_id, area
    Person._base_manager.filter(pk=person.pk).update(unit_id=unit_id, area_id=area)


def _open_to_others(kept: Person, absorbed: Person, both: set[UUID], *, actor: Actor) -> list[str]:
    """Let the other station open the file, and whoever could open the other file; what is new."""
    others = {one: Why.BOTH for one in both if one != kept.unit_id}
    for held in Serving.objects.filter(person=absorbed, valid_to__isnull=True):
        others.setdefault(held.station_id, Why(held.why))
    others.pop(kept.unit_id, None)
    made = [
        let_serve(kept, station, actor=actor, why=why) for station, why in sorted(others.items())
    ]
    return [str(one.pk) for one in made if one is not None]


def _stop_moves(person: Person, *, actor: Actor) -> None:
    """End a move that is under way for a file about which somebody decides otherwise."""
    who = system(REASON, now=actor.now)
    with unscoped("a move ends with the file, wherever it was to lead"):
        for one in Moving.objects.filter(person=person, state__in=UNDER_WAY):
            MOVING.move(one, "withdraw", actor=who, changes={"due_at": None})


def _settle_questions(kept_id: UUID, *, actor: Actor) -> None:
    """Other questions about files that are one by now have been answered."""
    files, who = follow.family(kept_id), system(REASON, now=actor.now)
    with unscoped("a question is about files, wherever they are"):
        rows = Duplicate.objects.filter(one__in=files, other__in=files, state__in=OPEN)
        for one in rows.order_by("id"):
            back = {"due_at": None, "unit_id": one.centre_id}
            DUPLICATE.move(one, "settle", actor=who, changes=back)


def _ask_again(kept_id: UUID, *, actor: Actor) -> None:
    """Questions that were settled by a decision which is undone are open again."""
    files, who = follow.family(kept_id), system(REASON, now=actor.now)
    with unscoped("a question is about files, wherever they are"):
        merged = Merge.objects.filter(question=OuterRef("pk"), undone_at__isnull=True)
        rows = Duplicate.objects.filter(~Exists(merged), state=DuplicateState.SAME)
        for one in rows.filter(Q(one__in=files) | Q(other__in=files)).order_by("id"):
            if follow.survivor(one.one_id) != follow.survivor(one.other_id):
                until = due(actor)
                DUPLICATE.move(one, "reopen", actor=who, until=until, changes={"due_at": until.at})
