from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.crypto.sealing import blind
from linli.lib.checkdigits import InvalidCode, citizen_id, mobile_or_landline
from linli.lib.names import fold
from linli.lib.postgres.prefix import begins

from . import follow
from .enums import Why
from .models import Basis, Household, Membership, NameToken, Person, PersonCategory, Serving

PHONE = "people.phone"
CITIZEN_ID = "people.citizen_id"
FOUND_AT_MOST = 20
# So many digits are part of a number, never of a name.
NUMBER_DIGITS = 5
SEALED = ("phone", "citizen_id", "address")


@dataclass(frozen=True)
class Pick:
    """A person offered in a form."""

    id: UUID
    name: str
    sub: str
    is_chosen: bool


@dataclass(frozen=True)
class Member:
    """Somebody in a household; without id and name when their file is kept elsewhere."""

    relation: str
    since: date
    person_id: UUID | None = None
    name: str = ""


@dataclass(frozen=True)
class Stay:
    """A person's time in a household, and for the present one who else lives there."""

    household_id: UUID
    relation: str
    since: date
    until: date | None
    others: tuple[Member, ...] = ()


def survivor_of(actor: Actor, person_id: UUID) -> Person | None:
    """The file into which a file was merged, if the actor may open it."""
    into = follow.survivor(person_id)
    return persons(actor).filter(pk=into).first() if into != person_id else None


def family(person_id: UUID) -> frozenset[UUID]:
    """A file and those that were merged into it: who looked at one of them looked at the person."""
    return follow.family(person_id)


def survivors(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each of some files the one that is read for it now, where their facts stand."""
    return {one: follow.survivor(one) for one in person_ids}


def persons(actor: Actor) -> QuerySet[Person]:
    """Persons whose file the actor may open."""
    return visible(Person.objects.all(), actor, "people.view")


def kept(actor: Actor) -> QuerySet[Person]:
    """Persons whose file the actor's station keeps (the county's, for its centre)."""
    return visible(Person.objects.all(), actor, "people.keep")


def handed_over(person_id: UUID) -> list[UUID]:
    """The stations that still read a file because they had orders when it left them."""
    held = Serving.objects.filter(person=person_id, why=Why.HANDOVER, valid_to__isnull=True)
    return list(held.values_list("station", flat=True))


def person_of(actor: Actor, person_id: UUID) -> Person | None:
    """One person whose file the actor may open, held against a merge until the transaction ends."""
    rows = persons(actor).filter(pk=person_id).select_for_update(of=("self",), no_key=True)
    return rows.first()


def person(actor: Actor, person_id: UUID) -> Person | None:
    """One person with categories, memberships, bases and the actor's verbs; None if hidden."""
    rows = with_verbs(persons(actor), actor, ("people.reveal", "people.change", "people.looks"))
    rows = rows.filter(pk=person_id).prefetch_related(
        Prefetch("categories", PersonCategory.objects.order_by("-valid_from", "id")),
        Prefetch("memberships", Membership.objects.order_by("-valid_from", "-id")),
        Prefetch("bases", Basis.objects.order_by("-given_on", "-id")),
    )
    return rows.select_related("unit").first()


def watched(actor: Actor, person_id: UUID) -> Person | None:
    """One person about whose file the actor may ask who looked; nothing of it is read but its place
    and its unit."""
    rows = visible(Person.objects.all(), actor, "people.looks").filter(pk=person_id)
    return rows.select_related("unit").only("area_id", "unit").first()


def registered_by(user_id: UUID, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some persons whom a user has put on file."""
    rows = Person.objects.filter(pk__in=list(person_ids), registered_by_id=user_id)
    return set(rows.values_list("pk", flat=True))


def listed(rows: QuerySet[Person]) -> QuerySet[Person]:
    """Persons as a list shows them: nothing sealed is read."""
    return rows.select_related("unit").defer(*SEALED)


def holding_category(rows: QuerySet[Person], code: str, *, on: date) -> QuerySet[Person]:
    """Persons to whom a category applies on a day."""
    held = PersonCategory.objects.filter(in_force(on), person_id=OuterRef("pk"), code=code)
    return rows.filter(Exists(held))


def in_force(on: date) -> Q:
    """Condition for categories that apply on a day."""
    return Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gte=on))


def category_codes(person_ids: Iterable[UUID], *, on: date) -> dict[UUID, list[str]]:
    """The categories of some persons on a day, in one query."""
    found: dict[UUID, list[str]] = {}
    rows = PersonCategory.objects.filter(in_force(on), person_id__in=list(person_ids))
    for held, code in rows.order_by("valid_from", "id").values_list("person_id", "code"):
        found.setdefault(held, []).append(code)
    return found


def matching(rows: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Persons whose name, pinyin or initials begin with the text (any part of the name), or whose
    phone or citizen id is exactly the text."""
    exact = exact_match(text)
    return named(rows, text) if exact is None else rows.filter(exact)


def named(rows: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Persons a part of whose name, its pinyin or its initials begins with the text."""
    wanted = fold(text)
    if not wanted:
        return rows.none()
    tokens = NameToken.objects.filter(begins("token", wanted))
    return rows.filter(pk__in=tokens.values("person_id"))


def is_number(text: str) -> bool:
    """Whether the text looks like a phone or citizen id number, right or wrong."""
    return sum(one.isdigit() for one in text) >= NUMBER_DIGITS


def exact_match(text: str) -> Q | None:
    """The blind look-up for a phone or citizen id number, if the text is one."""
    try:
        return Q(citizen_id_index=blind(citizen_id(text), purpose=CITIZEN_ID))
    except InvalidCode:
        pass
    try:
        return Q(phone_index=blind(mobile_or_landline(text), purpose=PHONE))
    except InvalidCode:
        return None


def search(actor: Actor, text: str) -> list[Person]:
    """The first persons found by name, in pinyin order; a number finds nobody."""
    if is_number(text):
        return []
    found = named(listed(persons(actor)), text).order_by("pinyin_key", "id")
    return list(found[:FOUND_AT_MOST])


def with_number(actor: Actor, text: str) -> list[Person]:
    """Persons with exactly this phone or citizen id; nobody if it is no such number."""
    exact = exact_match(text)
    if exact is None:
        return []
    return list(listed(persons(actor)).filter(exact).order_by("pinyin_key", "id")[:FOUND_AT_MOST])


def picks(
    actor: Actor, *, text: str = "", chosen: Iterable[UUID] = (), by_number: bool = False
) -> list[Pick]:
    """Persons to choose from: the chosen ones first, then who is found by the text.

    A phone or citizen id finds somebody only if `by_number`, for requests whose text is in no
    address.
    """
    held = set(chosen)
    mine = listed(persons(actor)).filter(pk__in=held).order_by("pinyin_key", "id")
    first = list(mine) if held else []
    found = with_number(actor, text) if by_number and is_number(text) else search(actor, text)
    rows = first + [one for one in found if one.pk not in held]
    places = path_labels({one.area_id for one in rows}, below=3)
    return [Pick(one.pk, one.name, _told_apart(one, places, actor), one.pk in held) for one in rows]


def _told_apart(person: Person, places: dict[int, str], actor: Actor) -> str:
    """What tells people of one name apart: what they are called, year of birth, place."""
    born = str(person.born_on.year) if person.born_on else ""
    parts = [person.preferred_name, born, places.get(person.area_id, "")]
    if person.unit_id != actor.unit_id:
        parts.append(person.unit.label)
    return " · ".join(part for part in parts if part)


def likely_same(
    actor: Actor, *, name: str, born_on: date | None, phone: str, citizen_id: str = ""
) -> list[Person]:
    """Persons in the actor's scope who may be the one about to be registered.

    Same citizen id, same phone, or same name with the same or an unknown birth date.
    """
    asked = Q(name=name)
    if born_on is not None:
        asked &= Q(born_on=born_on) | Q(born_on__isnull=True)
    if phone:
        asked |= Q(phone_index=blind(phone, purpose=PHONE))
    if citizen_id:
        asked |= Q(citizen_id_index=blind(citizen_id, purpose=CITIZEN_ID))
    return list(persons(actor).filter(asked).select_related("unit").order_by("id")[:FOUND_AT_MOST])


def is_known(citizen_id: str) -> bool:
    """Whether a citizen id is on file anywhere; where is for nobody to know."""
    index = blind(citizen_id, purpose=CITIZEN_ID)
    return bool(Person._base_manager.filter(citizen_id_index=index).exists())


def names(actor: Actor, person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of persons the actor may see, in one query."""
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return {}
    return dict(persons(actor).filter(pk__in=wanted).values_list("pk", "name"))


def of_station(actor: Actor, *, person_ids: Iterable[UUID], is_held: bool = False) -> list[Person]:
    """The persons among some ids that the actor may see; `is_held` against a merge until the
    transaction ends, so that what is recorded about them is not left with a file that is gone."""
    rows = persons(actor).filter(pk__in=list(person_ids))
    if is_held:
        rows = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(rows)


def household(actor: Actor, household_id: UUID) -> Household | None:
    return (
        visible(Household.objects.all(), actor, "households.view").filter(pk=household_id).first()
    )


def present_households(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The household in which each of some persons lives now, if one is on record."""
    rows = Membership.objects.filter(person_id__in=list(person_ids), valid_to__isnull=True)
    return dict(rows.values_list("person_id", "household_id"))


def stays(actor: Actor, person: Person) -> list[Stay]:
    """The households of a person from `person()`, the present one first, then the latest."""
    held = sorted(person.memberships.all(), key=lambda one: one.valid_to is not None)
    present = [one.household_id for one in held if one.valid_to is None]
    others = _others(actor, person, present[0]) if present else ()
    return [
        Stay(
            one.household_id,
            one.relation,
            one.valid_from,
            one.valid_to,
            others if one.valid_to is None else (),
        )
        for one in held
    ]


def _others(actor: Actor, person: Person, household_id: UUID) -> tuple[Member, ...]:
    rows = Membership.objects.filter(
        household_id=household_id, valid_to__isnull=True, person__merged_into__isnull=True
    )
    held = list(rows.exclude(person=person).order_by("valid_from", "id"))
    known = names(actor, [one.person_id for one in held])
    return tuple(
        Member(one.relation, one.valid_from, one.person_id, known[one.person_id])
        if one.person_id in known
        else Member(one.relation, one.valid_from)
        for one in held
    )


def household_picks(actor: Actor, text: str, *, besides: UUID) -> list[Pick]:
    """Households to move into, each under the name of a member who was found by the text."""
    found = [one for one in search(actor, text) if one.pk != besides]
    homes = present_households([one.pk for one in found])
    mine = visible(Household.objects.all(), actor, "households.view")
    seen = set(mine.filter(pk__in=homes.values()).values_list("pk", flat=True))
    places = path_labels({one.area_id for one in found}, below=3)
    return [
        Pick(homes[one.pk], one.name, _told_apart(one, places, actor), False)
        for one in found
        if homes.get(one.pk) in seen
    ]


# Files of one county that look like one person's, and that nobody has been asked about. Equal
# citizen ids cannot be: who types one that is known asks by themself.
PAIRS = """
SELECT one, other, min(signal) FROM (
  SELECT least(a.id, b.id) AS one, greatest(a.id, b.id) AS other, 'phone' AS signal
  FROM people_person a JOIN people_person b
    ON b.phone_index = a.phone_index AND b.pinyin_key = a.pinyin_key AND b.id > a.id
  WHERE a.area_id / 1000000 = b.area_id / 1000000
    AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
  UNION ALL
  SELECT least(a.id, b.id), greatest(a.id, b.id), 'birth'
  FROM people_person a JOIN people_person b
    ON b.name = a.name AND b.born_on = a.born_on AND b.id > a.id
  WHERE a.area_id / 1000000 = b.area_id / 1000000
    AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
) AS pair
WHERE NOT EXISTS (
  SELECT 1 FROM people_duplicate d WHERE d.one_id = pair.one AND d.other_id = pair.other)
GROUP BY one, other ORDER BY one, other LIMIT %s
"""


def likely_pairs(at_most: int) -> list[tuple[UUID, UUID, str]]:
    """Pairs of files that may be one person's: by phone and pinyin, or by name and birth date."""
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, [at_most])
        return list(cursor.fetchall())
