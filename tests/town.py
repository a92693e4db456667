"""The town as fixtures: built once per test process, in a database of its own."""

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
from django.db import transaction

from linli.kernel.accounts.actors import set_actor, system

from .conftest import _drop, _point_to, clone
from .oracle.rows import Town, build_town

Built = tuple[str, Town]


@pytest.fixture(scope="session")
def built_town(
    django_db_setup: None, django_db_blocker: Any, database_name: str, template_name: str
) -> Iterator[Built]:
    """A database with the town in it, committed, and what stands in it."""
    # Each folder that asks for a town has one of its own: pytest keeps them apart.
    name = database_name.replace("linli_test_", f"linli_test_town{token_hex(4)}_")
    with django_db_blocker.unblock():
        clone(template_name, name)
        _point_to(name)
        with transaction.atomic():
            town = build_town()
        _point_to(database_name)
    yield name, town
    _drop(name)


@pytest.fixture(scope="module")
def town(built_town: Built, django_db_blocker: Any, database_name: str) -> Iterator[Town]:
    """The town for one module of tests, in one transaction that is rolled back at the end."""
    name, made = built_town
    with django_db_blocker.unblock():
        _point_to(name)
        with transaction.atomic():
            set_actor(system("tests"))
            yield made
            transaction.set_rollback(True)
        _point_to(database_name)


@pytest.fixture
def savepoint(town: Town) -> Iterator[None]:
    """What one test changes in the town is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
