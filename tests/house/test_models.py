"""Models: scoped, linked downwards only, keyed without sequences, guarded by the database."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test.utils import isolate_apps
from django.utils import translation

from linli.intake.models import Request
from linli.kernel.scope import Scoped
from linli.lib.uuid7 import uuid7

from .ladder import Edge, upward

Model = type[models.Model]

# Rows that belong to no place and no unit, each with the reason.
GLOBAL = {
    "site.Demonstration": "one row that says that everything here is invented",
    "areas.Area": "the division tree is public",
    "areas.AreaVersion": "names and parents of areas are public",
    "areas.AreaChange": "the change log of areas is public",
    "areas.Reorganisation": "codes and names of areas, opened by permission",
    "terms.Term": "code lists are public",
    "units.Unit": "which units there are is public; they are what scope is made of",
    "units.ServiceArea": "whom a unit serves is public; scope is made of it",
    "accounts.User": "scope follows from posts, so users come before it",
    "accounts.Post": "scope is made of posts",
    "accounts.ApiToken": "read before there is an actor; holds a hash only",
    "accounts.Allowance": "counted before there is an actor; an id or a keyed hash, and a moment",
    "hooks.Hook": "read through its post by permission; addresses of programs, the secret sealed",
    "hooks.Delivery": "read through its hook; a kind, an id and codes",
    "hooks.Attempt": "read through its hook; a status and a time",
    "accounts.SignInFailure": "counted before there is an actor; holds hashes only",
    "accounts.PastPassword": "hashes, compared while their owner chooses a new password",
    "accounts.Session": "read before there is an actor; found by the browser's secret",
    "staff.Proposal": "posts to be, asked as posts are (staff.see_proposal)",
    "timeline.Event": "read by subject, and whoever shows it has opened the subject by permission",
    "timeline.Seal": "hashes over events",
    "operations.Operation": "found by an id made for one form; ids, a keyed hash, a sealed answer",
    "operations.Epoch": "which life of the database this is: an id and moments",
    "flow.Duty": "read by the unit and user it is for (flow.queries.duties); names no person",
    "flow.Clock": "read by its subject; codes, units and minutes only",
    "flow.CalendarDay": "holidays are public",
    "flow.CalendarYear": "holidays are public",
    "stats.Tally": "sums; asked through stats.read.question, which checks area and unit",
    "stats.Delta": "sums; asked through stats.read.question, which checks area and unit",
    "stats.KeyDelta": "ids without names; what is read are counts, asked as above",
    "stats.Key": "ids without names; what is read are counts, asked as above",
    "stats.Once": "counts; asked through stats.read.question, which checks area and unit",
    "linli_forms.Draft": "opened by a secret in the writer's browser only; sealed",
    "directory.Organisation": "the network of agencies is public",
    "directory.Site": "the portal shows every site to everybody",
    "directory.OpeningHours": "the portal shows them to everybody",
    "intake.ReceiptFailure": "counted before there is an actor; holds hashes only",
    "dispatch.ClockRule": "a setting: how long a stage may take",
    "dispatch.RoutingRule": "a setting: which station goes first",
}
# Rows that are reached through the scoped row they are part of: the field that leads there.
PART_OF = {
    "people.Membership": "person",
    "people.PersonCategory": "person",
    "people.Basis": "person",
    "people.Serving": "person",
    "people.FormerPlace": "person",
    "people.Merge": "kept",
    "services.Recipient": "service",
    "services.Note": "service",
    "services.Version": "service",
    "dispatch.Remark": "order",
    "dispatch.OrderService": "order",
    "dispatch.FollowUp": "order",
    "intake.Addition": "request",
    "sheets.Row": "batch",
}
KEYS = (models.UUIDField, models.BigAutoField, models.BigIntegerField)
# A calendar's key is its day or year, a cell's what it counts, an allowance's whose it is, a
# session's what the browser holds.
NATURAL_KEYS = {
    "accounts.Allowance",
    "accounts.Session",
    "flow.CalendarDay",
    "flow.CalendarYear",
    "stats.Key",
    "stats.Once",
    "stats.Tally",
}


def our_models() -> list[Model]:
    return [one for one in apps.get_models() if one.__module__.startswith("linli.")]


def unplaced(found: Iterable[Model]) -> list[str]:
    """Models that are neither scoped, nor on the global list, nor part of a scoped row."""
    wrong = []
    for model in found:
        name = model._meta.label
        if issubclass(model, Scoped) or name in GLOBAL:
            continue
        if name not in PART_OF or not _leads_to_scope(model):
            wrong.append(name)
    return wrong


def _leads_to_scope(model: Model) -> bool:
    link = model._meta.get_field(PART_OF[model._meta.label])
    whole = link.related_model
    return not link.null and isinstance(whole, type) and issubclass(whole, Scoped)


def links(found: Iterable[Model]) -> Iterator[Edge]:
    """Every foreign key, one to one and many to many between packages of ours."""
    for model in found:
        for field in (*model._meta.fields, *model._meta.many_to_many):
            if field.remote_field is None:
                continue
            target: Any = field.related_model
            where = f"{model._meta.label}.{field.name}"
            yield Edge(_package(model), _package(target), where)


def _package(model: Model) -> str:
    config = model._meta.app_config
    assert config is not None
    return config.name


def odd_keys(found: Iterable[Model]) -> list[str]:
    """Models whose key is neither a UUID nor a bigint (nor that of the row they extend)."""
    wrong = []
    for model in found:
        key: Any = model._meta.pk
        while getattr(key, "remote_field", None) is not None:
            key = key.target_field
        if not isinstance(key, KEYS) and model._meta.label not in NATURAL_KEYS:
            wrong.append(f"{model._meta.label}: {type(key).__name__}")
    return wrong


def migration_links(loader: MigrationLoader) -> Iterator[Edge]:
    """Every dependency between migrations of two packages of ours."""
    ours = {one.label: one.name for one in apps.get_app_configs() if one.name[:6] == "linli."}
    for key, node in loader.graph.node_map.items():
        for parent in node.parents:
            if key[0] in ours and parent.key[0] in ours:
                yield Edge(ours[key[0]], ours[parent.key[0]], f"{key[0]}.{key[1]}")


def missing_migrations(before: ProjectState, after: ProjectState) -> list[str]:
    """Apps whose models have changed since their last migration."""
    with translation.override(None):
        found = MigrationAutodetector(before, after)._detect_changes()
    ours = {one.label for one in apps.get_app_configs() if one.name.startswith("linli.")}
    return sorted(ours & set(found))


def powers(using: str) -> list[str]:
    """What the connected role may do that it must not."""
    found = []
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        names = ("superuser", "createrole", "createdb", "bypassrls")
        found += [name for name, held in zip(names, cursor.fetchone(), strict=True) if held]
        cursor.execute("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
        found += [f"owns {name}" for (name,) in cursor.fetchall()]
    for table in ("timeline_event", "timeline_seal"):
        for statement in (f"TRUNCATE {table}", f"DELETE FROM {table}", _touch(table)):
            if _may(statement, using):
                found.append(statement)
    return found


def _touch(table: str) -> str:
    return f"UPDATE {table} SET {'verb = verb' if table == 'timeline_event' else 'head = head'}"


def _may(statement: str, using: str) -> bool:
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True, using=using)
    except DatabaseError:
        return False
    return True


def test_every_model_has_a_place() -> None:
    assert unplaced(our_models()) == []
    known = {one._meta.label for one in our_models()}
    assert set(GLOBAL) | set(PART_OF) <= known, "the lists name models that are gone"
    scoped = {one._meta.label for one in our_models() if issubclass(one, Scoped)}
    assert not scoped & (set(GLOBAL) | set(PART_OF)), "a scoped model needs no entry"


@isolate_apps("linli.people")
def test_a_model_without_a_place_is_found() -> None:
    class Diary(models.Model):
        class Meta:
            app_label = "people"

    assert unplaced([Diary]) == ["people.Diary"]


def test_every_link_leads_down() -> None:
    assert upward(links(our_models())) == []


@isolate_apps("linli.people", "linli.kernel.units")
def test_a_link_that_leads_up_is_found() -> None:
    class Errand(models.Model):
        request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")

        class Meta:
            app_label = "people"

    class Stamp(models.Model):
        requests = models.ManyToManyField(Request, related_name="+")

        class Meta:
            app_label = "units"

    found = upward(links([Errand, Stamp]))
    assert [str(one) for one in found] == [
        "people.Errand.request: linli.people → linli.intake",
        "units.Stamp.requests: linli.kernel.units → linli.intake",
    ]


def test_every_key_is_a_uuid_or_a_bigint() -> None:
    assert odd_keys(our_models()) == []


@isolate_apps("linli.people")
def test_a_small_or_textual_key_is_found() -> None:
    class Slip(models.Model):
        id = models.AutoField(primary_key=True)

        class Meta:
            app_label = "people"

    class Label(models.Model):
        slip = models.OneToOneField(Slip, on_delete=models.CASCADE, primary_key=True)

        class Meta:
            app_label = "people"

    class Leaf(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)

        class Meta:
            app_label = "people"

    assert odd_keys([Slip, Label, Leaf]) == ["people.Slip: AutoField", "people.Label: AutoField"]


def test_migrations_depend_downwards_only() -> None:
    loader = MigrationLoader(None)
    edges = list(migration_links(loader))
    assert upward(edges) == []
    assert {one.frm for one in edges} >= {"linli.intake", "linli.kernel.accounts"}


def test_a_migration_that_depends_upwards_is_found() -> None:
    loader = MigrationLoader(None)
    loader.graph.add_dependency(None, ("units", "0001_initial"), ("intake", "0001_initial"), True)
    (found,) = upward(migration_links(loader))
    assert (found.frm, found.to) == ("linli.kernel.units", "linli.intake")


def test_no_migration_is_missing() -> None:
    before = MigrationLoader(None).project_state()
    assert missing_migrations(before, ProjectState.from_apps(apps)) == []


def test_a_missing_migration_is_found() -> None:
    before, after = MigrationLoader(None).project_state(), ProjectState.from_apps(apps)
    after.models["people", "person"].fields["shoe_size"] = models.SmallIntegerField(default=0)
    assert missing_migrations(before, after) == ["people"]


@pytest.mark.django_db
def test_the_connected_role_owns_nothing_and_cannot_rewrite_the_timeline() -> None:
    assert powers("default") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("linli_app",)


@pytest.mark.django_db(databases=["default", "owner"])
def test_an_owner_is_found() -> None:
    assert "owns timeline_event" in powers("owner")
