"""`linli department` and `linli user …`: who signs in, and in which posts they work.

Each command is one action by the system, with its line in the timeline. For the first
administrator, and for when none is left who can sign in; everything else is done at the desk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

from .groups import set_up_django

if TYPE_CHECKING:
    from linli.kernel.accounts.actors import Actor
    from linli.kernel.accounts.models import User

DAY = click.DateTime(["%Y-%m-%d"])
AREA_DIGITS = 12


@contextmanager
def at_the_terminal(command: str) -> Iterator["Actor"]:
    """Act as the system in one transaction; what cannot be is one sentence."""
    set_up_django()
    from linli.kernel.accounts.actors import acting, system  # noqa: PLC0415  (needs Django)
    from linli.kernel.flow.machine import Refused  # noqa: PLC0415
    from linli.kernel.staff.actions import Unfit  # noqa: PLC0415

    try:
        with acting(system(f"linli {command}")) as actor:
            yield actor
    except Unfit as error:
        raise click.ClickException(str(error)) from error
    except Refused as error:
        raise click.ClickException("There is no such unit.") from error


def called(username: str) -> "User":
    """The user with this name, or a sentence."""
    from linli.kernel.staff.queries import user_called  # noqa: PLC0415  (needs Django)

    found = user_called(username)
    if found is None:
        raise click.ClickException(f"There is no user {username}.")
    return found


def unit_called(text: str, actor: "Actor") -> UUID:
    """The unit with this id or name, or a sentence."""
    from linli.kernel.staff.queries import units_called  # noqa: PLC0415  (needs Django)

    try:
        return UUID(text)
    except ValueError:
        found = units_called(actor, text)
    if len(found) == 1:
        return found[0].pk
    for one in found:
        click.echo(f"{one.pk}  {one.label}", err=True)
    told = f"Several units are called {text}." if found else f"There is no unit {text}."
    raise click.ClickException(told)


def day_of(given: datetime | None, actor: "Actor") -> date:
    return given.date() if given else actor.today


@click.command()
@click.argument("area")
@click.option("--zh", required=True, help="Its name in Chinese.")
@click.option("--en", required=True, help="Its name in English.")
def department(area: str, zh: str, en: str) -> None:
    """Open a department at AREA (a code), where administrators and officers work."""
    if not (area.isascii() and area.isdigit() and len(area) <= AREA_DIGITS):
        raise click.UsageError("AREA is a code of digits, for example 350502.")
    with at_the_terminal("department") as actor:
        from linli.directory.actions import open_department  # noqa: PLC0415  (needs Django)
        from linli.kernel.areas.queries import exists  # noqa: PLC0415

        code = int(area.ljust(AREA_DIGITS, "0"))
        if not exists(code, on=actor.today):
            raise click.ClickException(f"There is no area {area}; load the areas first.")
        click.echo(open_department(actor=actor, zh=zh, en=en, area=code).pk)


@click.group()
def user() -> None:
    """The people who sign in."""


@user.command()
@click.argument("username")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--phone", default="", help="A number that signs in instead of USERNAME.")
@click.option("--role", help="The role of a first post, with --unit.")
@click.option("--unit", help="Where the first post is: an id or a name.")
@click.option("--keep-password", is_flag=True, help="Not to be changed at the first sign-in.")
@click.password_option()
def add(
    username: str,
    name: str,
    phone: str,
    role: str | None,
    unit: str | None,
    keep_password: bool,
    password: str,
) -> None:
    """Add somebody who signs in as USERNAME."""
    if bool(role) != bool(unit):
        raise click.UsageError("A post needs both --role and --unit.")
    with at_the_terminal("user add") as actor:
        from linli.kernel.staff.actions import register_user  # noqa: PLC0415  (needs Django)

        register_user(
            actor=actor,
            username=username,
            name=name,
            phone=phone,
            role=role or "",
            unit_id=unit_called(unit, actor) if unit else None,
            password=password,
            must_change=not keep_password,
        )
    click.echo(f"{username} can sign in.")


@user.command("list")
@click.argument("text", default="")
def list_users(text: str) -> None:
    """List users, those with TEXT in their name, with the ids of their posts and keys."""
    with at_the_terminal("user list") as actor:
        from linli.kernel.staff import queries  # noqa: PLC0415  (needs Django)

        found = list(queries.named(queries.users(actor), text).order_by("username"))
        posts = queries.posts_of(actor, [one.pk for one in found])
        keys = queries.keys_of(actor, [one.pk for one in posts])
        for one in found:
            click.echo(f"{one.username}  {one.name}" + ("" if one.is_active else "  (off)"))
            for post in (each for each in posts if each.user_id == one.pk):
                until = f" until {post.valid_to}" if post.valid_to else ""
                since = f"from {post.valid_from}{until}"
                click.echo(f"  post {post.pk}  {post.role}  {post.unit.label}  {since}")
                for key in (each for each in keys if each.post_id == post.pk):
                    state = "revoked" if key.revoked_at else f"until {key.valid_until:%Y-%m-%d}"
                    click.echo(f"    key {key.pk}  {key.name}  {state}")


@user.command()
@click.argument("username")
def password(username: str) -> None:
    """Make a new password for USERNAME; shown this once, to be changed at the next sign-in."""
    with at_the_terminal("user password") as actor:
        from linli.kernel.staff.actions import give_new_password  # noqa: PLC0415  (needs Django)

        click.echo(give_new_password(called(username), actor=actor))


@user.command()
@click.argument("username")
def deactivate(username: str) -> None:
    """Switch USERNAME off: sessions end, keys are refused."""
    with at_the_terminal("user deactivate") as actor:
        from linli.kernel.staff.actions import deactivate_user  # noqa: PLC0415  (needs Django)

        deactivate_user(called(username), actor=actor)
    click.echo(f"{username} is switched off.")


@user.command()
@click.argument("username")
def activate(username: str) -> None:
    """Switch USERNAME on again."""
    with at_the_terminal("user activate") as actor:
        from linli.kernel.staff.actions import reactivate_user  # noqa: PLC0415  (needs Django)

        reactivate_user(called(username), actor=actor)
    click.echo(f"{username} can sign in.")


@user.command()
@click.argument("username")
@click.argument("role")
@click.argument("unit")
@click.option("--from", "first", type=DAY, help="The first day (default: today).")
def post(username: str, role: str, unit: str, first: datetime | None) -> None:
    """Give USERNAME the post ROLE at UNIT (an id or a name); prints its id."""
    with at_the_terminal("user post") as actor:
        from linli.kernel.staff.actions import open_post  # noqa: PLC0415  (needs Django)

        day = day_of(first, actor)
        held, place = called(username), unit_called(unit, actor)
        made = open_post(held, actor=actor, unit_id=place, role=role, first_day=day)
        click.echo(made.pk)


@user.command("end-post")
@click.argument("post_id", metavar="POST", type=click.UUID)
@click.option("--last", type=DAY, help="The last day (default: today; yesterday ends it at once).")
def end(post_id: UUID, last: datetime | None) -> None:
    """End POST (an id from `linli user list`) with a last day."""
    with at_the_terminal("user end-post") as actor:
        from linli.kernel.staff import queries  # noqa: PLC0415  (needs Django)
        from linli.kernel.staff.actions import end_post  # noqa: PLC0415

        found = queries.post(actor, post_id)
        if found is None:
            raise click.ClickException(f"There is no post {post_id} that is not over.")
        end_post(found, actor=actor, last_day=day_of(last, actor))
    click.echo("The post ends.")


@user.command()
@click.argument("username")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 1100))
@click.option("--post", "post_id", type=click.UUID, help="The post (default: USERNAME's first).")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="e.g. orders:read; may be repeated."
)
def token(
    username: str, name: str, days: int, post_id: UUID | None, scopes: tuple[str, ...]
) -> None:
    """Make a key with which a program acts in a post of USERNAME; shown this once."""
    with at_the_terminal("user token") as actor:
        from linli.kernel.accounts.actors import posts_of  # noqa: PLC0415  (needs Django)
        from linli.kernel.staff.actions import issue_key  # noqa: PLC0415

        held = posts_of(called(username), on=actor.today)
        chosen = next((one for one in held if post_id in {None, one.pk}), None)
        if chosen is None:
            raise click.ClickException(f"{username} has no such post.")
        until = actor.now + timedelta(days=days)
        made = issue_key(chosen, actor=actor, name=name, valid_until=until, scopes=scopes)
        click.echo(made)


@user.command()
@click.argument("key_id", metavar="KEY", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """Revoke KEY (an id from `linli user list`)."""
    with at_the_terminal("user revoke") as actor:
        from linli.kernel.staff import queries  # noqa: PLC0415  (needs Django)
        from linli.kernel.staff.actions import revoke_key  # noqa: PLC0415

        found = queries.key(actor, key_id)
        if found is None:
            raise click.ClickException(f"There is no key {key_id}.")
        revoke_key(found, actor=actor)
    click.echo("The key is revoked.")
