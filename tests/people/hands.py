"""Short ways for the tests of the desk rooms: sign in, put somebody on file."""

from typing import Any

from django.test import Client

from linli.people.actions import Details, register_person
from linli.people.models import Person

from ..conftest import acting
from ..world import VILLAGE, World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Invented: the area part 000000 marks ids that nobody has.
CITIZEN_ID = "00000019500101001X"
OTHER_ID = "000000196203040027"
PHONE = "13800138000"
ADDRESS = "测试路7号201室"


def signed_in(world: World, name: str) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(world.users[name], backend=BACKEND)
    return client


def on_file(
    world: World, by: str = "worker", basis: str = "statutory_duty", **given: Any
) -> Person:
    told: dict[str, Any] = {"name": "陈测试", "area": VILLAGE} | given
    with acting(world.actor(by)) as actor:
        return register_person(
            actor=actor,
            details=Details(**told),
            basis=basis,
            form="signed" if basis == "consent" else "",
        )


def typed(**given: Any) -> dict[str, Any]:
    """What somebody types on the page for a new person."""
    return {
        "name": "陈测试",
        "preferred_name": "陈阿婆",
        "sex": "female",
        "born_on": "1950-01-01",
        "area": str(VILLAGE),
        "address": ADDRESS,
        "phone": PHONE,
        "citizen_id": "",
        "basis": "consent",
        "form": "spoken",
    } | given
