"""Two rules for passwords that contradict one another; an installation decides."""

from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from linli.kernel.accounts.actors import acting
from linli.kernel.accounts.models import User
from linli.kernel.staff import actions
from linli.kernel.staff.changes import Unfit

from ..world import PASSWORD, World
from .signing import sign_in

pytestmark = pytest.mark.django_db
OWN = "/desk/accounts/password/"
MIXED = ("Blue7-horse", "Gray8-horse", "Pink9-horse", "Gold1-horse", "Teal2-horse", "Rose3-horse")


def fits(password: str) -> bool:
    try:
        validate_password(password, User(username="zhang", name="Zhang San"))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("password", "asvs", "graded"),
    [
        ("correct horse battery", True, False),
        ("四个不相干的汉字词语组成", True, False),
        ("a" * 30 + " b" * 34 + " c7", True, True),
        ("Blue7-ho", False, True),
        ("Blue7-h", False, False),
        ("blue7horse", True, False),
        ("BLUE7-HORSE", True, True),
        ("password1234", False, False),
        ("Password1", False, False),
        ("ninechars", False, False),
        ("linli-demo-2026", False, False),
        ("zhang san 1", False, False),
    ],
)
def test_what_may_be_chosen(settings: Settings, password: str, asvs: bool, graded: bool) -> None:
    settings.LINLI_PASSWORD_POLICY = "asvs"
    assert fits(password) is asvs
    settings.LINLI_PASSWORD_POLICY = "graded"
    assert fits(password) is graded


def change(world: World, old: str, new: str) -> None:
    with acting(world.actor("worker")) as actor:
        actions.change_own_password(actor=actor, current=old, new=new)


def test_the_last_five_do_not_come_again_where_that_is_asked(
    world: World, settings: Settings
) -> None:
    settings.LINLI_PASSWORD_POLICY = "graded"
    held = PASSWORD
    for new in MIXED[:5]:
        change(world, held, new)
        held = new
    for used in MIXED[:4]:
        with pytest.raises(Unfit) as refused:
            change(world, held, used)
        assert refused.value.field == "new"
    change(world, held, MIXED[5])
    change(world, MIXED[5], MIXED[0])
    assert world.users["worker"].past_passwords.count() == 5


def test_they_may_where_it_is_not(world: World, settings: Settings) -> None:
    settings.LINLI_PASSWORD_POLICY = "asvs"
    change(world, PASSWORD, "staple battery horse")
    change(world, "staple battery horse", PASSWORD)


@pytest.mark.parametrize(
    ("policy", "days", "led"),
    [("graded", 89, False), ("graded", 91, True), ("asvs", 2000, False)],
)
def test_an_old_password_is_changed_first_where_that_is_asked(
    world: World, settings: Settings, policy: str, days: int, led: bool
) -> None:
    settings.LINLI_PASSWORD_POLICY = policy
    changed = timezone.now() - timedelta(days=days)
    User.objects.filter(username="worker").update(password_changed_at=changed)
    client = sign_in("worker")
    answer = client.get("/desk/")
    assert (answer.status_code == 302) is led
    if led:
        assert "older than this installation allows" in client.get(OWN).content.decode()
        given = {"new_password": MIXED[0], "new_password_again": MIXED[0]}
        client.post(OWN, given | {"current_password": PASSWORD})
        assert client.get("/desk/").status_code == 200


def test_failures_stop_the_tries_in_both(world: World, settings: Settings) -> None:
    for policy in ("asvs", "graded"):
        settings.LINLI_PASSWORD_POLICY = policy
        place = {"REMOTE_ADDR": f"10.0.0.{len(policy)}"}
        for _try in range(5):
            sign_in("head", "wrong", client=Client(**place))  # type: ignore[arg-type]
        stopped = sign_in("head", client=Client(**place))  # type: ignore[arg-type]
        assert stopped.get("/desk/").status_code == 302


def test_the_hint_says_what_is_asked(world: World, settings: Settings) -> None:
    for policy, told in (("asvs", "Ten characters"), ("graded", "Eight characters")):
        settings.LINLI_PASSWORD_POLICY = policy
        assert told in sign_in("worker").get(OWN).content.decode()
