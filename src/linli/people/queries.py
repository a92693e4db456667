from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.lib.checkdigits import InvalidCode, citizen_id, mobile_or_landline
from linli.lib.names import fold

from .models import Membership, NameToken, Person, PersonCategory

PHONE = "people.phone"
CITIZEN_ID = "people.citizen_id"
FOUND_AT_MOST = 20


def persons(actor: Actor) -> QuerySet[Person]:
    """Persons whose file the actor may open."""
    return visible(Person.objects.all(), actor, "people.view")


def person(actor: Actor, person_id: UUID) -> Person | None:
    """One person with present categories, household and bases; None if hidden."""
    rows = persons(actor).filter(pk=person_id).prefetch_related(
        Prefetch("categories", PersonCategory.objects.order_by("-valid_from")),
        Prefetch("memberships", Membership.objects.order_by("-valid_from")),
        "bases",
    )
    return rows.select_related("unit").first()


def matching(rows: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Persons whose name, pinyin or initials begin with the text (any part of the name), or whose
    phone or citizen id is exactly the text."""
    exact = exact_match(text)
    if exact is not None:
        return rows.filter(exact)
    wanted = fold(text)
    if not wanted:
        return rows.none()
    tokens = NameToken.objects.filter(token__startswith=wanted)
    return rows.filter(pk__in=tokens.values("person_id"))


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
    """The first persons found, names in pinyin order."""
    found = matching(persons(actor), text).order_by("pinyin_key", "id")
    return list(found.select_related("unit")[:FOUND_AT_MOST])


def likely_same(
    actor: Actor, *, name: str, born_on: date | None, phone: str
) -> list[Person]:
    """Persons in the actor's scope who may be the one about to be registered.

    Same phone, or same name with the same or an unknown birth date.
    """
    asked = Q(name=name)
    if born_on is not None:
        asked &= Q(born_on=born_on) | Q(born_on__isnull=True)
    if phone:
        asked |= Q(phone_index=blind(phone, purpose=PHONE))
    return list(persons(actor).filter(asked).select_related("unit").order_by("id")[:FOUND_AT_MOST])


def names(actor: Actor, person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of persons the actor may see, in one query."""
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return {}
    return dict(persons(actor).filter(pk__in=wanted).values_list("pk", "name"))


def of_station(actor: Actor, *, person_ids: Iterable[UUID]) -> list[Person]:
    """The persons among some ids that the actor may see."""
    return list(persons(actor).filter(pk__in=list(person_ids)))
