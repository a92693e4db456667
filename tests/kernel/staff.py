"""Hands for the tests of accounts: administrators, posts, keys, and somebody new."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.kernel.accounts.actors import Actor, acting, actor_of, set_actor, system
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.staff import actions
from linli.kernel.timeline.models import Event

from ..world import SINCE, World

DAY = timedelta(days=1)


def administrator(world: World) -> Actor:
    actor = world.actor("administrator")
    set_actor(actor)
    return actor


def security(world: World) -> Actor:
    actor = world.actor("security")
    set_actor(actor)
    return actor


def administrator_at(world: World, unit: str) -> Actor:
    """Another administrator, at another department."""
    user = User.objects.create(username=f"admin_{unit}", name=f"Admin {unit}")
    role = Role.SYSTEM
    Post.objects.create(user=user, unit=world.units[unit], role=role, valid_from=SINCE)
    return actor_of(user)


def last_line() -> Event:
    return Event.objects.order_by("-id")[0]


def post_at(world: World, name: str) -> Post:
    return Post.objects.select_related("unit").get(user=world.users[name])


def registered(actor: Actor, world: World, **given: Any) -> actions.Registered:
    facts: dict[str, Any] = {
        "username": "li.new",
        "name": "Li New",
        "role": Role.WORKER,
        "unit_id": world.unit_id("station"),
    }
    return actions.register_user(actor=actor, **(facts | given))


def give_key(post: Post) -> str:
    until = timezone.now() + DAY
    with acting(system("tests")) as actor:
        return actions.issue_key(
            post, actor=actor, name="importer", valid_until=until, scopes=["orders:read"]
        )


def post_at_unit(user: User, unit: str, world: World) -> Post:
    return Post.objects.select_related("unit").get(user=user, unit=world.units[unit])
