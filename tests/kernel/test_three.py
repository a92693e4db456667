"""Three administrators: separate powers, two for a post, and none reads what residents told."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from linli.dispatch.models import Order
from linli.kernel.access import Permission, Rule, nobody, permissions
from linli.kernel.access.permissions import _registry as registry
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ADMINISTRATORS, Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.machine import Refused
from linli.kernel.staff import actions, queries
from linli.kernel.staff.changes import Unfit
from linli.kernel.staff.models import Proposal

from ..world import SINCE, World
from .staff import administrator, last_line, registered, security

pytestmark = pytest.mark.django_db
# The rooms in which residents' words and what was done for them stand.
CONTENT = ("people.", "services.", "dispatch.", "intake.", "duplicates.", "moves.", "households.")
# Who looked, and nothing of what there was to see: what the audit administrator is for.
WHO_LOOKED = {"people.looks", "intake.looks"}
WATCH = ("administrator", "security", "auditor")


def readers(found: Iterable[Permission], actors: Iterable[Actor]) -> list[str]:
    """Permissions of the content rooms that one of the actors holds for any row."""
    content = [one for one in found if one.name.startswith(CONTENT) and one.name not in WHO_LOOKED]
    return sorted(
        f"{actor.role}: {one.name}"
        for actor in actors
        for one in content
        if one.rule(actor) is not False
    )


def test_no_administrator_reads_or_writes_what_residents_have_entrusted(world: World) -> None:
    watch = [world.actor(name) for name in WATCH]
    assert [one.role for one in watch] == list(ADMINISTRATORS)
    assert readers(permissions(), watch) == []


@pytest.fixture
def planted() -> Iterator[None]:
    made = Permission("dispatch.planted", nobody, Order)
    registry[made.name] = replace(made, rule=Rule(lambda actor: actor.has_role(Role.AUDIT)))
    yield
    registry.pop(made.name)


def test_a_rule_that_lets_one_of_them_read_is_found(world: World, planted: None) -> None:
    watch = [world.actor(name) for name in WATCH]
    assert readers(permissions(), watch) == ["audit: dispatch.planted"]


def propose(world: World, user: User, role: str = Role.AUDIT) -> Any:
    actor = administrator(world)
    unit_id = world.unit_id("county_department")
    return actions.open_post(user, actor=actor, unit_id=unit_id, role=role, first_day=actor.today)


def test_an_administrators_post_needs_a_second_administrator(world: World) -> None:
    user = world.users["officer"]
    made = propose(world, user)
    assert isinstance(made, Proposal)
    assert not Post.objects.filter(user=user, role=Role.AUDIT).exists()
    assert last_line().verb == "staff.post_proposed"
    with pytest.raises(Refused):
        actions.confirm_post(made, actor=administrator(world))
    with pytest.raises(Refused):
        actions.confirm_post(made, actor=world.actor("auditor"))

    actions.confirm_post(made, actor=security(world))
    assert Post.objects.filter(user=user, role=Role.AUDIT, valid_to__isnull=True).count() == 1
    with pytest.raises(Refused):
        actions.confirm_post(made, actor=security(world))


def test_a_proposal_can_be_declined_and_made_again(world: World) -> None:
    user = world.users["officer"]
    made = propose(world, user)
    with pytest.raises(Unfit):
        propose(world, user)
    actions.decline_post(made, actor=security(world))
    assert last_line().verb == "staff.post_declined"
    assert not Post.objects.filter(user=user, role=Role.AUDIT).exists()
    assert propose(world, user).pk != made.pk


def test_somebody_new_who_waits_for_a_second_word_is_seen_by_those_who_give_it(
    world: World,
) -> None:
    unit_id = world.unit_id("county_department")
    made = registered(administrator(world), world, role=Role.AUDIT, unit_id=unit_id)
    assert not made.user.posts.exists()
    (waiting,) = queries.proposals_of(security(world), [made.user.pk])
    assert waiting.may_confirm  # type: ignore[attr-defined]
    assert queries.user(security(world), made.user.pk) is not None
    guard = security(world)
    assert list(queries.proposed(queries.users(guard), guard)) == [made.user]
    (shown,) = queries.proposals_of(world.actor("auditor"), [made.user.pk])
    assert not shown.may_confirm  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["security", "auditor"])
def test_nobody_is_two_of_the_three(world: World, name: str) -> None:
    user = world.users[name]
    other = next(one for one in ADMINISTRATORS if one != user.posts.get().role)
    with pytest.raises(Unfit) as refused:
        propose(world, user, other)
    assert refused.value.field == "role"
    with pytest.raises(IntegrityError, match="one_administrator_at_a_time"), transaction.atomic():
        Post.objects.create(user=user, unit=world.township_department, role=other, valid_from=SINCE)


def test_one_may_follow_the_other_and_the_same_be_held_at_two_departments(world: World) -> None:
    user = world.users["auditor"]
    Post.objects.create(
        user=user, unit=world.township_department, role=Role.AUDIT, valid_from=SINCE
    )
    today = administrator(world).today
    user.posts.update(valid_to=today)
    Post.objects.create(
        user=user,
        unit=world.county_department,
        role=Role.SECURITY,
        valid_from=today + timedelta(days=1),
    )


def test_nobody_gives_a_post_to_themself(world: World) -> None:
    actor = administrator(world)
    for role, unit in ((Role.WORKER, "station"), (Role.SYSTEM, "township_department")):
        with pytest.raises(Unfit):
            actions.open_post(
                world.users["administrator"],
                actor=actor,
                unit_id=world.unit_id(unit),
                role=role,
                first_day=actor.today,
            )


def test_nobody_confirms_what_they_proposed_or_what_is_about_themself(world: World) -> None:
    """Whoever was system administrator and is security administrator now stays bound by it."""
    made = propose(world, world.users["officer"])
    Proposal.objects.filter(pk=made.pk).update(proposed_by=world.users["security"])
    with pytest.raises(Refused):
        actions.confirm_post(made, actor=security(world))
    Proposal.objects.filter(pk=made.pk).update(
        proposed_by=world.users["administrator"], user=world.users["security"]
    )
    with pytest.raises(Refused):
        actions.confirm_post(made, actor=security(world))
    with pytest.raises(IntegrityError, match="two_give_a_post"), transaction.atomic():
        Proposal.objects.filter(pk=made.pk).update(
            answered_by=world.users["administrator"], is_confirmed=True
        )


def test_the_powers_are_apart(world: World) -> None:
    user = world.users["worker"]
    post = user.posts.get()
    system, guard, audit = administrator(world), security(world), world.actor("auditor")
    not_system = (
        lambda actor: actions.give_new_password(user, actor=actor),
        lambda actor: actions.deactivate_user(user, actor=actor),
        lambda actor: actions.end_sessions(user, actor=actor),
        lambda actor: actions.reset_factors(user, actor=actor),
        lambda actor: actions.issue_key(
            post, actor=actor, name="x", valid_until=actor.now, scopes=["orders:read"]
        ),
    )
    not_security = (
        lambda actor: actions.edit_user(user, actor=actor, name="X", phone=""),
        lambda actor: actions.end_post(post, actor=actor, last_day=actor.today),
        lambda actor: registered(actor, world),
    )
    refused = [(system, one) for one in not_system] + [(guard, one) for one in not_security]
    refused += [(audit, one) for one in not_system + not_security]
    for actor, act in refused:
        with pytest.raises(Refused):
            act(actor)
    for actor in (system, guard, audit):
        assert queries.user(actor, user.pk) is not None
