"""Brings a database up to date: migrations by the owner, guards and triggers, shipped settings."""

import json
from datetime import date, timedelta
from importlib import resources
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from linli.dispatch import deadlines
from linli.kernel.accounts.actors import SHANGHAI, posts_of
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.accounts.tokens import issue
from linli.kernel.areas.load import import_packaged
from linli.kernel.areas.models import Area
from linli.kernel.flow.calendar import seed_years
from linli.kernel.stats import triggers
from linli.kernel.terms.models import Term
from linli.kernel.timeline import guards
from linli.kernel.timeline.seal import go_on
from linli.kernel.units.models import Unit
from linli.lib.divisions import VALID_FROM
from linli.lib.uuid7 import SQL_TWIN
from linli.site.databases import DatabaseError

FIRST_YEAR = 2020


def migrate(*, verbosity: int = 0) -> None:
    """Run migrations as the owner, then (re)install functions and triggers, then seed settings.

    In a database that was restored, the timeline goes on with a new part of its chain.
    """
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(SQL_TWIN)
            cursor.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO linli_app")
        guards.install()
        go_on()
        triggers.install()
    seed()


def seed() -> None:
    """Term lists, deadlines and holiday tables that ship with Linli; nothing set is overwritten."""
    blob = resources.files("linli.kernel.terms").joinpath("data/terms.json").read_text("utf-8")
    for name, rows in json.loads(blob).items():
        for position, (code, zh, en) in enumerate(rows):
            # A term may have been renamed since: then it has several rows, all of them kept.
            if not Term.objects.filter(list=name, code=code, area=None).exists():
                Term.objects.create(
                    list=name, code=code, zh=zh, en=en, position=position, valid_from=VALID_FROM
                )
    deadlines.seed()
    seed_years(FIRST_YEAR, date.today().year + 1)  # noqa: DTZ011 - only the year matters


def import_areas(prefixes: tuple[str, ...] = ("",)) -> int:
    """Load the division list unless it is there already; returns the number of areas added."""
    if Area.objects.count() > 1:
        return 0
    return import_packaged(prefixes)


class UserRefused(DatabaseError):
    """Somebody cannot be added; the message is one sentence for the terminal."""


@transaction.atomic
def add_user(
    *, username: str, name: str, password: str, role: str | None = None, unit: UUID | None = None
) -> User:
    """Add somebody who signs in, with a first post from today on if role and unit are given.

    Raises UserRefused for a user name that is taken, a weak password, an unknown role or unit.
    """
    user = User(username=username, name=name)
    try:
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
    except ValidationError as error:
        raise UserRefused(" ".join(error.messages)) from error
    user.save()
    if unit is not None:
        if role not in Role.values:
            raise UserRefused(f"There is no role {role!r}; roles are {', '.join(Role.values)}.")
        if not Unit.objects.filter(pk=unit).exists():
            raise UserRefused(f"There is no unit {unit}.")
        today = timezone.now().astimezone(SHANGHAI).date()
        Post.objects.create(user=user, unit_id=unit, role=role, valid_from=today)
    return user


def issue_token(*, username: str, name: str, days: int) -> str:
    """A new key for a user's first post; raises LookupError if there is no such user or post."""
    now = timezone.now()
    user = User.objects.filter(username__iexact=username).first()
    held = posts_of(user, on=now.astimezone(SHANGHAI).date()) if user else []
    if not held:
        raise LookupError(f"{username} has no post")
    return issue(held[0], name=name, valid_until=now + timedelta(days=days))
