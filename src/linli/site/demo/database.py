import os

from django.db import connections
from django.utils.translation import gettext as _
from psycopg import connect, sql

from linli.kernel.accounts.models import User
from linli.kernel.flow import calendar
from linli.kernel.terms import queries as terms
from linli.kernel.units.models import Unit
from linli.people.models import Person
from linli.site import databases, install
from linli.site.home import Home
from linli.site.models import Demonstration


class DemoRefused(databases.DatabaseError):
    """The demonstration would touch what is not its own; the message is one sentence."""


# Somebody or something in one of these, and the database is somebody's.
HOLDING = (User, Unit, Person)


def refuse_foreign(home: Home) -> None:
    """Raise DemoRefused for a database in use before it is prepared: not a password of its roles,
    not a table may change."""
    tables = [model._meta.db_table for model in HOLDING]
    if databases.is_taken(home, marker=Demonstration._meta.db_table, tables=tables):
        raise DemoRefused(_in_use())


def refuse_others() -> None:
    """Raise DemoRefused if somebody or something is in the database already."""
    if any(model._base_manager.exists() for model in HOLDING):
        raise DemoRefused(_in_use())


def _in_use() -> str:
    return _(
        "This database is in use and is not the demonstration: nothing was changed. "
        "Set LINLI_HOME to a new folder for the demonstration."
    )


def wipe() -> None:
    """Drop the demonstration's database and make it anew; the timeline allows nothing less.

    Raises DemoRefused where the server is not our own.
    """
    if not databases.is_embedded():
        raise DemoRefused(
            _(
                "The demonstration is on a server that is not Linli's own: drop and create that "
                "database yourself, then run linli demo again."
            )
        )
    home = Home.open()
    name = connections["default"].settings_dict["NAME"]
    for alias in connections:
        connections[alias].close()
    with connect(databases.administrator(home), autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))
    databases.prepare(home, {**os.environ, "LINLI_DATABASE_NAME": name})
    # What was read from the old database and kept in this process.
    calendar.forget()
    terms.forget()
    install.migrate()
