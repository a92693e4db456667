"""Named reads of what is done about files: questions about two of them, and moves."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.units.models import Unit

from . import follow
from .models import Duplicate, FormerPlace, Merge, Moving, Person
from .queries import persons
from .workflow import DUPLICATE, MOVING, UNDER_WAY


def duplicates(actor: Actor) -> QuerySet[Duplicate]:
    """Questions about two files that the actor decides, has asked or has to answer."""
    return visible(Duplicate.objects.all(), actor, "duplicates.view")


def duplicate(actor: Actor, duplicate_id: UUID) -> Duplicate | None:
    """One question with the actor's verbs; None if hidden."""
    merged = Merge.objects.filter(question=OuterRef("pk"), undone_at__isnull=True)
    rows = DUPLICATE.verbs_for(duplicates(actor), actor).annotate(is_merged=Exists(merged))
    rows = rows.select_related("centre", "unit", "asked_unit")
    found: Duplicate | None = rows.filter(pk=duplicate_id).first()
    return found


def files_of(actor: Actor, question: Duplicate) -> list[Person]:
    """The two files as they are read now, as far as the actor may open them, the older first."""
    ids = {follow.survivor(one) for one in (question.one_id, question.other_id)}
    return list(persons(actor).filter(pk__in=ids).select_related("unit").order_by("recorded_at"))


def stations_of(question: Duplicate) -> list[Unit]:
    """The stations that keep the two files."""
    ids = {follow.survivor(one) for one in (question.one_id, question.other_id)}
    held = Person._base_manager.filter(pk__in=ids).values("unit")
    return list(Unit.objects.filter(pk__in=held).order_by("area_id", "id"))


def about(actor: Actor, person: Person) -> list[Duplicate]:
    """Questions about a file and those merged into it, the newest first."""
    files = follow.family(person.pk)
    rows = duplicates(actor).filter(Q(one__in=files) | Q(other__in=files))
    return list(rows.order_by("-asked_at", "-id"))


def by_ids(actor: Actor, duplicate_ids: Iterable[UUID]) -> dict[UUID, Duplicate]:
    rows = duplicates(actor).filter(pk__in=list(duplicate_ids))
    return {one.pk: one for one in rows}


def movings(actor: Actor) -> QuerySet[Moving]:
    """Moves from or to the actor's station."""
    return visible(Moving.objects.all(), actor, "moves.view")


def moving(actor: Actor, moving_id: UUID) -> Moving | None:
    """One move with the actor's verbs; None if hidden."""
    rows = MOVING.verbs_for(movings(actor), actor).filter(pk=moving_id)
    return rows.select_related("from_unit", "station").first()


def movings_by_ids(actor: Actor, moving_ids: Iterable[UUID]) -> dict[UUID, Moving]:
    rows = movings(actor).filter(pk__in=list(moving_ids))
    return {one.pk: one for one in rows}


def who_moves(moving: Moving) -> Person:
    """The person of a move: the receiving station is shown who comes before it has the file."""
    return Person._base_manager.get(pk=moving.person_id)


def under_way(person: Person) -> Moving | None:
    """The move of a person that has not happened yet."""
    rows = Moving._base_manager.filter(person=person, state__in=UNDER_WAY)
    return rows.select_related("station").first()


def former_places(person: Person) -> list[FormerPlace]:
    """Where a person lived before, the latest first."""
    rows = FormerPlace.objects.filter(person=person).select_related("unit")
    return list(rows.order_by("-until", "-recorded_at"))
