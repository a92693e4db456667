from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from linli.kernel.access import (
    Rule,
    can,
    holds,
    nobody,
    permissions,
    public,
    register,
    requires,
    rule,
    visible,
    with_verbs,
)
from linli.kernel.access.permissions import _registry
from linli.kernel.accounts.actors import Actor, receipt_holder, set_actor, system, visitor
from linli.kernel.accounts.enums import ActorKind, Role
from linli.kernel.scope import scope, unscoped
from linli.people.models import Person

from ..world import NEXT_VILLAGE, OTHER_VILLAGE, VILLAGE, World

ONE, TWO = Q(name="one"), Q(name="two")
ANSWERS: dict[str, Q | bool] = {"yes": True, "no": False, "one": ONE, "two": TWO}
ANYBODY = visitor()


def answers(name: str) -> Rule:
    return Rule(lambda actor: ANSWERS[name])


@pytest.mark.parametrize(
    ("left", "right", "either", "both"),
    [
        ("yes", "yes", True, True),
        ("yes", "no", True, False),
        ("no", "yes", True, False),
        ("no", "no", False, False),
        ("yes", "one", True, ONE),
        ("one", "yes", True, ONE),
        ("no", "one", ONE, False),
        ("one", "no", ONE, False),
        ("one", "two", ONE | TWO, ONE & TWO),
    ],
)
def test_rules_join_like_answers(left: str, right: str, either: Q | bool, both: Q | bool) -> None:
    assert (answers(left) | answers(right))(ANYBODY) == either
    assert (answers(left) & answers(right))(ANYBODY) == both
    assert type((answers(left) | answers(right))(ANYBODY)) is type(either)
    assert type((answers(left) & answers(right))(ANYBODY)) is type(both)


def test_the_system_is_answered_yes_by_every_rule_and_nobody_else_is() -> None:
    for one in (nobody, answers("no"), answers("one"), nobody & nobody, nobody | answers("no")):
        assert one(system("fold")) is True
    assert nobody(ANYBODY) is False
    assert (nobody | nobody)(ANYBODY) is False


def test_a_joined_rule_asks_for_the_actor_it_is_given() -> None:
    heads = rule(Role.STATION_HEAD, ask=lambda actor: ONE)
    officers = rule(Role.OFFICER, ask=lambda actor: TWO)
    head = Actor(kind=ActorKind.USER, now=timezone.now(), role=Role.STATION_HEAD)

    assert (heads | officers)(head) == ONE
    assert (heads | officers)(replace(head, role=Role.OFFICER)) == TWO
    assert (heads | officers)(replace(head, role="")) is False
    assert (heads & officers)(head) is False


def test_a_role_without_a_user_and_a_user_without_a_role_hold_nothing() -> None:
    heads = rule(Role.STATION_HEAD)
    head = Actor(kind=ActorKind.USER, now=timezone.now(), role=Role.STATION_HEAD)
    assert heads(head) is True
    for kind in (ActorKind.VISITOR, ActorKind.RECEIPT):
        assert heads(replace(head, kind=kind)) is False
    assert heads(replace(head, role="")) is False
    receipts = rule(kind=ActorKind.RECEIPT)
    assert receipts(receipt_holder([], areas=[])) is True
    assert receipts(head) is False


def test_a_permission_is_given_once_and_listed_by_name() -> None:
    for name in ("testing.view", "testing.change"):
        assert name not in _registry
    register("testing", None, {"view": nobody, "change": nobody})
    try:
        names = [one.name for one in permissions()]
        assert names == sorted(names)
        assert "testing.view" in names
        with pytest.raises(ValueError, match=r"testing\.view"):
            register("testing", None, {"view": rule()})
        assert not holds(ANYBODY, "testing.view")
        assert holds(system("fold"), "testing.view")
    finally:
        del _registry["testing.view"], _registry["testing.change"]


def test_an_unknown_permission_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        holds(ANYBODY, "people.vieww")


@pytest.fixture
def files(world: World) -> list[Person]:
    set_actor(system("tests"))
    made = []
    for unit, area in (
        ("station", VILLAGE),
        ("sharing", VILLAGE),
        ("sibling", NEXT_VILLAGE),
        ("other_station", OTHER_VILLAGE),
        ("station", OTHER_VILLAGE),
    ):
        one = Person(
            name=unit,
            pinyin_key="p",
            area_id=area,
            unit_id=world.unit_id(unit),
            recorded_at=timezone.now(),
        )
        one.save()
        made.append(one)
    return made


VERBS = ("people.view", "people.reveal", "people.change")


def test_the_list_the_mark_and_the_question_agree_for_everybody(
    world: World, files: list[Person]
) -> None:
    asked = 0
    actors = [*map(world.actor, world.users), visitor(), receipt_holder([files[0].pk], areas=[0])]
    for actor in [*actors, system("tests")]:
        with scope(actor.scope):
            for name in VERBS:
                listed = set(visible(Person.objects.all(), actor, name))
                marked = with_verbs(Person.objects.all(), actor, [name])
                mark = "may_" + name.partition(".")[2]
                assert {one for one in marked if getattr(one, mark)} == listed
                assert {one for one in files if can(actor, name, one)} == listed
                assert holds(actor, name) or not listed
                asked += len(listed)
    assert asked > 20


def test_a_scope_narrows_what_a_rule_allows_and_never_widens_it(
    world: World, files: list[Person]
) -> None:
    dispatcher = world.actor("dispatcher")
    with unscoped("a test"):
        everywhere = set(visible(Person.objects.all(), dispatcher, "people.view"))
    with scope(dispatcher.scope):
        assert set(visible(Person.objects.all(), dispatcher, "people.view")) == everywhere
    with scope(world.actor("other_head").scope):
        assert not visible(Person.objects.all(), dispatcher, "people.view").exists()
    assert {one.name for one in everywhere} == {"station", "sharing", "sibling"}


def test_every_verb_of_a_page_comes_with_the_one_query(
    world: World, files: list[Person], django_assert_num_queries: Callable[[int], object]
) -> None:
    actor = world.actor("head")
    with scope(actor.scope), django_assert_num_queries(1):  # type: ignore[attr-defined]
        rows = list(with_verbs(Person.objects.all(), actor, VERBS))
    assert {(one.name, one.may_view, one.may_reveal) for one in rows} == {
        ("station", True, True),
        ("sharing", False, False),
    }


def test_what_the_scope_asks_a_rule_does_not_ask_again(world: World, files: list[Person]) -> None:
    dispatcher = world.actor("dispatcher")
    with scope(dispatcher.scope):
        plain = Person.objects.order_by("name")
        assert str(visible(plain, dispatcher, "people.view").query) == str(plain.query)
    # Another scope, or rows that were joined to ours, are narrowed as the rule says.
    with scope(world.actor("other_head").scope):
        asked = visible(Person.objects.all(), dispatcher, "people.view")
        assert str(asked.query) != str(Person.objects.all().query)
    with scope(dispatcher.scope):
        joined = Person.objects.all() | Person._base_manager.all()
        shown = visible(joined, dispatcher, "people.view")
        assert {one.name for one in shown} == {"station", "sharing", "sibling"}


@requires("people.view")
def shown(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a file")


def ask(actor: Actor, method: str = "get") -> HttpResponse:
    request = getattr(RequestFactory(), method)("/desk/people/?q=x")
    request.actor, request.user = actor, AnonymousUser()
    return shown(request)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_asks_strangers_to_sign_in_and_hides_itself_from_others(
    world: World, method: str
) -> None:
    assert ask(world.actor("head"), method).content == b"a file"
    for stranger in (visitor(), receipt_holder([], areas=[])):
        answer = ask(stranger, method)
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            "/sign-in/?next=/desk/people/%3Fq%3Dx",
        )
    for name in ("grid_worker", "administrator", "national_officer"):
        with pytest.raises(Http404):
            ask(world.actor(name), method)


def test_views_carry_what_guards_them() -> None:
    assert shown.permission == "people.view"  # type: ignore[attr-defined]
    opened = public("for everybody")(lambda request: HttpResponse())
    assert opened.public_reason == "for everybody"  # type: ignore[attr-defined]
