"""What the actions on files share: the details of a person, how they are stored, found and told."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.timeline.record import record
from linli.lib.names import pinyin_key, search_tokens

from . import follow
from .models import NameToken, Person
from .queries import CITIZEN_ID, PHONE

SUBJECT = "people.person"


class KnownElsewhere(Exception):
    """The citizen id is on file, perhaps where the actor may not look."""

    def __str__(self) -> str:
        return _("This number may already be known elsewhere. Please ask the county centre.")


@dataclass(frozen=True)
class Details:
    """What is known about a person, already validated; empty text means not stated."""

    name: str
    area: int
    preferred_name: str = ""
    sex: str = "unstated"
    born_on: date | None = None
    phone: str = ""
    citizen_id: str = ""
    address: str = ""


DETAILS = [one.name for one in fields(Details) if one.name != "area"]


def tell(actor: Actor, verb: str, person: Person, **data: str | int) -> None:
    record(
        actor,
        f"people.{verb}",
        subject_type=SUBJECT,
        subject_id=person.pk,
        area=person.area_id,
        unit=person.unit_id,
        **data,
    )


def details_of(person: Person) -> dict[str, Any]:
    """What is on file, by the names of the details."""
    return {name: getattr(person, name) for name in DETAILS} | {"area": person.area_id}


def fill(person: Person, details: Details) -> None:
    person.name = details.name
    person.preferred_name = details.preferred_name
    person.pinyin_key = pinyin_key(details.name)
    person.sex = details.sex
    person.born_on = details.born_on
    person.area_id = details.area
    person.phone = details.phone
    person.phone_index = blind(details.phone, purpose=PHONE) if details.phone else None
    person.citizen_id = details.citizen_id
    person.citizen_id_index = (
        blind(details.citizen_id, purpose=CITIZEN_ID) if details.citizen_id else None
    )
    person.address = details.address


def store(person: Person) -> None:
    """Save; a citizen id that somebody else has is a sentence, not an error of the database.

    So is one that stands on a file which was merged into somebody else's: it may come back.
    """
    if person.citizen_id_index and number_of_other(person):
        raise KnownElsewhere
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        if "person_citizen_id_once" in str(error):
            raise KnownElsewhere from error
        raise


def number_of_other(person: Person) -> bool:
    """Whether the citizen id stands on a merged file that is read through another one."""
    rows = Person._base_manager.filter(
        citizen_id_index=person.citizen_id_index, merged_into__isnull=False
    )
    held = rows.exclude(pk=person.pk).values_list("pk", flat=True)
    return any(follow.survivor(one) != follow.survivor(person.pk) for one in held)


def index_name(person: Person) -> None:
    """Let a file be found by its names and by those of the files merged into it, at every station
    that may open it; a merged file is found by nothing."""
    NameToken._base_manager.filter(person=person).delete()
    if follow.survivor(person.pk) != person.pk:
        return
    files = Person._base_manager.filter(pk__in=follow.family(person.pk) - {person.pk})
    names = {person.name, person.preferred_name}
    names |= {name for pair in files.values_list("name", "preferred_name") for name in pair}
    words = {word for name in names if name for word in search_tokens(name)}
    NameToken._base_manager.bulk_create(
        NameToken(person=person, area_id=person.area_id, unit_id=unit, token=word)
        for unit in [person.unit_id, *(person.also or ())]
        for word in sorted(words)
    )
