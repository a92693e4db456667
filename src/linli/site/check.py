"""What makes an installation unfit for real people's data, as sentences.

Each check is a function that yields findings; `linli check` prints them all and ends with 1 when
one of them is an error.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.kernel.flow.calendar import years_known
from linli.kernel.stats import triggers
from linli.kernel.timeline import guards as timeline
from linli.kernel.timeline import heads
from linli.kernel.timeline.seal import standing
from linli.lib.postgres import DURABLE
from linli.lib.postgres.declared import Flaw
from linli.site.demo import is_demo
from linli.site.home import Home, HomeError

SHORTEST_SECRET = 50
FEWEST_SECRET_LETTERS = 10
HOLIDAY_NOTICE_DAYS = 60
# Host names that no network leads to.
HERE = {"127.0.0.1", "localhost", "[::1]"}
# Said in our own words, and as errors, by the checks below.
SAID_HERE = {"security.W009", "security.W018", "security.W020"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to hesitate (warning) or to stop (error)."""

    level: Literal["error", "warning"]
    code: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.level} {self.code}: {self.sentence}"


def run_checks() -> list[Finding]:
    """Everything that was found, errors first. A check that cannot run is an error itself."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings.extend(check())
        except DatabaseError as error:
            told = _("The database did not answer the check %(check)s: %(error)s") % {
                "check": check.__name__,
                "error": str(error).strip().split("\n", 1)[0],
            }
            findings.append(Finding("error", "database.unanswered", told))
    return sorted(findings, key=lambda finding: finding.level)


def durability(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """A crash must not lose or tear what was acknowledged."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'", [list(DURABLE)]
        )
        for (name,) in cursor.fetchall():
            told = _("PostgreSQL runs with %(name)s off: a crash would lose data.")
            yield Finding("error", f"postgres.{name}", told % {"name": name})


def database_role(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """Triggers, grants and policies bind only a role that stands below them."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        role, is_superuser, bypasses = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'v', 'S')"
            " AND relnamespace = 'public'::regnamespace"
            " AND pg_has_role(current_user, relowner, 'MEMBER')"
        )
        (owned,) = cursor.fetchone()
    if is_superuser:
        told = _("The application connects as the superuser %(role)s.")
        yield Finding("error", "role.superuser", told % {"role": role})
    if bypasses:
        told = _("The role %(role)s passes by row-level security (BYPASSRLS).")
        yield Finding("error", "role.bypassrls", told % {"role": role})
    if owned and not is_superuser:
        told = _("The role %(role)s owns %(count)s tables and could switch their triggers off.")
        yield Finding("error", "role.owner", told % {"role": role, "count": owned})


def chinese_search(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """Under a "C" character type PostgreSQL sees no letters in Chinese names."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT cardinality(show_trgm('社区')), datctype FROM pg_database"
            " WHERE datname = current_database()"
        )
        trigrams, ctype = cursor.fetchone()
    if not trigrams:
        told = _("The database's character type is %(ctype)s: no Chinese name would be found.")
        yield Finding("error", "database.ctype", told % {"ctype": ctype})


def holidays(today: date | None = None) -> Iterator[Finding]:
    """Deadlines need the State Council's table of this year, and soon of the next."""
    today = today or timezone.localdate(timezone=ZoneInfo("Asia/Shanghai"))
    soon = today + timedelta(days=HOLIDAY_NOTICE_DAYS)
    told = _("The holiday table of %(year)s is missing; deadlines in that year are not exact.")
    for year in sorted({today.year, soon.year} - years_known()):
        level: Literal["error", "warning"] = "error" if year == today.year else "warning"
        yield Finding(level, "calendar.year", told % {"year": year})


def guards(using: str = DEFAULT_DB_ALIAS) -> Iterator[Finding]:
    """The triggers that keep the timeline whole and the numbers exact must be as they are declared:
    there, switched on, and none replaced by one that does nothing."""
    for code, found in (
        ("timeline.guard", timeline.flaws(using=using)),
        ("stats.trigger", triggers.flaws(using=using)),
    ):
        for one in found:
            yield Finding("error", code, _about(one))


def _about(flaw: Flaw) -> str:
    told = {
        "missing": _("The database's %(name)s is missing; run: linli migrate"),
        "off": _("The database's %(name)s is switched off; run: linli migrate"),
        "changed": _("Somebody has changed the database's %(name)s; run: linli migrate"),
        "foreign": _("Somebody has added %(name)s to the timeline's tables; remove it."),
    }[flaw.kind]
    return told % {"name": flaw.name}


def restored() -> Iterator[Finding]:
    """In a restored database transactions are numbered anew, and the timeline must know."""
    now = standing()
    if now.is_restarted:
        told = _("The database was restored and records nothing; run: linli migrate")
        yield Finding("error", "timeline.restored", told)
    elif now.is_elsewhere:
        told = _("The database has come from another server; run: linli migrate")
        yield Finding("warning", "timeline.restored", told)


def chain() -> Iterator[Finding]:
    """The worker seals and publishes; whoever cuts off what came since leaves no trace, so a worker
    that is dead and a folder that is gone are told."""
    told = {
        "unsealed": _("Events wait to be sealed for more than 15 minutes: is the worker running?"),
        "unpublished": _("The head of the timeline was not published in %(where)s in time."),
    }
    for kind, where in heads.late():
        yield Finding("error", f"timeline.{kind}", told[kind] % {"where": where})
    if len(heads.folders()) == 1:
        told_once = _(
            "LINLI_HEADS names no folder on another machine: whoever rules this one could cut off"
            " the end of the timeline and its published heads together."
        )
        yield Finding("warning", "timeline.anchor", told_once)


def demonstration() -> Iterator[Finding]:
    """Invented people and known passwords have no place beside real ones."""
    if is_demo():
        told = _("This is the demonstration: its passwords are public. Never enter real people.")
        yield Finding("error", "demo", told)


def home_folder() -> Iterator[Finding]:
    """Whoever reads the home has every key."""
    try:
        home = Home.open()
    except HomeError as error:
        yield Finding("error", "home", str(error))
        return
    for kind in ("secrets", "keys"):
        for path in sorted(home.path(kind).rglob("*")):
            if path.stat().st_mode & 0o077:
                told = _("%(path)s can be read by others; run: chmod -R go= %(home)s")
                yield Finding("error", "home.open", told % {"path": path, "home": home.folder})


def django_settings() -> Iterator[Finding]:
    """The settings that open everything, or close it to everybody, when they are wrong."""
    if settings.DEBUG:
        yield Finding("error", "settings.debug", _("DEBUG is on: errors show the code and data."))
    secret = settings.SECRET_KEY
    if (
        len(secret) < SHORTEST_SECRET
        or len(set(secret)) < FEWEST_SECRET_LETTERS
        or secret.startswith("django-insecure-")
    ):
        told = _("SECRET_KEY is a default or too short; remove it to have one made.")
        yield Finding("error", "settings.secret", told)
    if not settings.HTTPS and not HERE.issuperset(settings.ALLOWED_HOSTS):
        told = _(
            "LINLI_HTTPS is off: passwords and people's data would cross the network in clear."
        )
        yield Finding("error", "settings.https", told)
    if settings.LINLI_SECOND_FACTOR == "off" and not HERE.issuperset(settings.ALLOWED_HOSTS):
        told = _(
            "LINLI_SECOND_FACTOR is off: who knows an administrator's password has their powers."
        )
        yield Finding("error", "settings.second_factor", told)
    if settings.HTTPS and not settings.LINLI_TRUSTED_PROXIES:
        # Our server speaks no TLS, so one stands before it; its address would be everybody's.
        told = _(
            "LINLI_TRUSTED_PROXIES names no proxy: all users seem to come from one address, and"
            " somebody's wrong passwords or PINs would make all others wait."
        )
        yield Finding("error", "settings.proxies", told)
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        told = _("ALLOWED_HOSTS must name the addresses of this installation.")
        yield Finding("error", "settings.hosts", told)


def django_deployment() -> Iterator[Finding]:
    """Django's own deployment checks."""
    for message in checks.run_checks(include_deployment_checks=True):
        if message.is_silenced() or message.id in SAID_HERE:
            continue
        if message.level >= checks.WARNING:
            level: Literal["error", "warning"] = (
                "error" if message.level >= checks.ERROR else "warning"
            )
            yield Finding(level, message.id or "django", " ".join(message.msg.split()))


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    demonstration,
    django_settings,
    django_deployment,
    home_folder,
    durability,
    database_role,
    chinese_search,
    guards,
    restored,
    chain,
    holidays,
)
