"""`linli user …`: accounts from the terminal, through the same actions as the desk."""

from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.test import Client
from django.utils import timezone

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.accounts.tokens import post_of
from linli.kernel.timeline.models import Event
from linli.kernel.units.models import Unit, UnitKind
from linli.site.cli import main
from linli.site.demo import PASSWORD as DEMONSTRATION

from ..world import COUNTY, PASSWORD, World

pytestmark = pytest.mark.django_db
NOWHERE = "00000000-0000-0000-0000-000000000007"


def run(*words: str, fails: bool = False) -> str:
    """A command's words on the terminal."""
    done: Result = CliRunner().invoke(main, [*words], catch_exceptions=False)
    assert (done.exit_code != 0) is fails, done.output
    return done.output


def add(*more: str, password: str = PASSWORD, fails: bool = False) -> str:
    words = ["user", "add", "li", "--name", "Li", "--password", password, *more]
    return run(*words, fails=fails)


def last_line() -> Event:
    return Event.objects.order_by("-id")[0]


def signs_in(login: str, password: str) -> bool:
    answer = Client().post("/sign-in/", {"login": login, "password": password})
    return answer.status_code == 302


def test_somebody_added_signs_in_has_the_post_and_is_on_record(world: World) -> None:
    add("--role", "worker", "--unit", str(world.unit_id("station")), "--phone", "13800138000")
    (post,) = Post.objects.filter(user__username="li")
    assert (post.role, post.unit_id) == (Role.WORKER, world.unit_id("station"))
    assert signs_in("li", PASSWORD)
    assert signs_in("13800138000", PASSWORD)
    lines = Event.objects.filter(actor_kind="system").order_by("id")
    assert [(one.verb, one.reason) for one in lines] == [
        ("staff.user_registered", "linli user add"),
        ("staff.post_opened", "linli user add"),
    ]


@pytest.mark.parametrize(("option", "must"), [((), True), (("--keep-password",), False)])
def test_what_somebody_else_typed_is_changed_at_the_first_sign_in(
    world: World, option: tuple[str, ...], must: bool
) -> None:
    add(*option)
    assert User.objects.get(username="li").must_change_password is must


def test_the_first_administrator_of_an_empty_installation(db: None) -> None:
    unit = run("department", "350502", "--zh", "某区社会工作部", "--en", "A Department").strip()
    held = Unit.objects.get(pk=unit)
    assert (held.kind, held.area_id) == (UnitKind.DEPARTMENT, COUNTY)
    assert last_line().verb == "directory.site_opened"
    add("--role", "system", "--unit", "A Department", "--keep-password")
    browser = Client()
    browser.post("/sign-in/", {"login": "li", "password": PASSWORD})
    assert browser.get("/desk/accounts/").status_code == 200
    assert "no area" in run("department", "999999", "--zh", "x", "--en", "x", fails=True)


@pytest.mark.parametrize(
    ("more", "password", "told"),
    [
        ((), "tooshort9", "10"),
        ((), DEMONSTRATION, ""),
        ((), DEMONSTRATION.upper(), ""),
        ((), "password1234", ""),
        (("--phone", "12"), PASSWORD, ""),
        (("--role", "king", "--unit", "Test station"), PASSWORD, ""),
        (("--role", "dispatcher", "--unit", "Test station"), PASSWORD, ""),
        (("--role", "worker", "--unit", NOWHERE), PASSWORD, "no such unit"),
        (("--role", "worker", "--unit", "Nowhere"), PASSWORD, "no unit Nowhere"),
        (("--role", "worker"), PASSWORD, "both --role and --unit"),
    ],
)
def test_nobody_is_added_half_and_the_reason_is_said(
    world: World, more: tuple[str, ...], password: str, told: str
) -> None:
    before = (User.objects.count(), Event.objects.count())
    said = add(*more, password=password, fails=True)
    assert told in said
    assert "Error: " in said
    assert len(said.partition("Error: ")[2].strip()) > 5
    assert password not in said
    assert (User.objects.count(), Event.objects.count()) == before


def test_a_user_name_that_is_taken_is_refused_in_any_case(world: World) -> None:
    said = run("user", "add", "HEAD", "--name", "x", "--password", PASSWORD, fails=True)
    assert "Error: " in said


def test_the_demonstrations_password_is_refused_with_its_own_reason(world: World) -> None:
    from django.utils import translation

    with translation.override("en"):
        assert "which everybody knows" in add(password=DEMONSTRATION, fails=True)


def test_the_reason_is_said_in_the_readers_language(world: World) -> None:
    assert "密码至少要有10个字符。这个密码太常见，容易被人猜到。" in add(
        password="short1", fails=True
    )


def test_a_new_password_is_shown_once_and_the_old_one_is_gone(world: World) -> None:
    made = run("user", "password", "worker").strip()
    assert signs_in("worker", made)
    assert not signs_in("worker", PASSWORD)
    assert User.objects.get(username="worker").must_change_password
    assert Event.objects.filter(verb="staff.password_given", reason="linli user password").exists()


def test_switching_off_and_on(world: World) -> None:
    run("user", "deactivate", "worker")
    assert not signs_in("worker", PASSWORD)
    assert "(off)" in run("user", "list", "worker")
    run("user", "activate", "worker")
    assert signs_in("worker", PASSWORD)
    verbs = Event.objects.filter(actor_kind="system").values_list("verb", flat=True)
    assert {"staff.user_deactivated", "staff.user_reactivated"} <= set(verbs)


def test_a_post_is_given_listed_and_ended(world: World) -> None:
    post = run("user", "post", "worker", "worker", "Test sibling", "--from", "2026-01-05").strip()
    listed = run("user", "list", "worker")
    assert f"post {post}  worker  " in listed
    assert "from 2026-01-05" in listed
    today = timezone.localdate().isoformat()
    run("user", "end-post", post, "--last", today)
    assert f"until {today}" in run("user", "list", "worker")
    assert last_line().verb == "staff.post_ended"
    assert "no post" in run("user", "end-post", NOWHERE, fails=True)
    assert "Error" in run("user", "post", "worker", "worker", "Test station", fails=True)


def test_the_last_administrator_can_be_ended_at_the_terminal(world: World) -> None:
    """Whoever has the machine has the keys: it is the way out, and it is on record."""
    post = Post.objects.get(user=world.users["administrator"])
    run("user", "end-post", str(post.pk))
    assert last_line().reason == "linli user end-post"


def test_a_key_is_made_listed_and_revoked(world: World) -> None:
    key = run(
        "user", "token", "worker", "--name", "Importer", "--days", "3", "--scope", "orders:read"
    ).strip()
    assert post_of(key, now=timezone.now()) == Post.objects.get(user=world.users["worker"])
    token = ApiToken.objects.get()
    listed = run("user", "list", "worker")
    assert f"key {token.pk}  Importer  until " in listed
    assert key not in listed
    run("user", "revoke", str(token.pk))
    assert post_of(key, now=timezone.now()) is None
    assert last_line().verb == "staff.key_revoked"
    assert "no such post" in run(
        "user",
        "token",
        "worker",
        "--name",
        "x",
        "--scope",
        "orders:read",
        "--post",
        NOWHERE,
        fails=True,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("password", "nobody"),
        ("deactivate", "nobody"),
        ("activate", "nobody"),
        ("post", "nobody", "worker", "Test station"),
        ("token", "nobody", "--name", "x", "--scope", "orders:read"),
    ],
)
def test_nobody_is_a_sentence(world: World, words: tuple[str, ...]) -> None:
    assert "There is no user nobody." in run("user", *words, fails=True)


def test_help_shows_every_verb_under_users() -> None:
    shown = run("--help").partition("Users:")[2].partition("Database:")[0]
    verbs = [
        "add",
        "list",
        "password",
        "deactivate",
        "activate",
        "post",
        "end-post",
        "token",
        "revoke",
    ]
    assert [verb for verb in (*verbs, "revoke") if f"\n  user {verb} " not in shown] == []


def test_the_demonstrations_sentence_is_known_without_the_demonstration() -> None:
    """Web processes never import the demonstration, and still render its timeline."""
    import subprocess
    import sys

    asked = (
        "import django; django.setup(); import sys;"
        "from linli.kernel.timeline.record import known_verbs;"
        "assert 'site.demonstration_made' in known_verbs();"
        "assert 'linli.site.demo' not in sys.modules"
    )
    done: Any = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
