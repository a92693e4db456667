"""Functions and triggers as data: made from a declaration, and compared with what stands.

A trigger that is there proves little: its function may have been replaced by one that does nothing.
So `flaws` compares every part of the declaration with the catalogue, and needs no right for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

EVENTS = ("INSERT", "DELETE", "UPDATE", "TRUNCATE")
VOLATILE, IMMUTABLE = "v", "i"

FUNCTIONS = """
SELECT p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid),
       l.lanname, p.prosrc, p.provolatile, p.prosecdef, p.proconfig
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY(%s)
"""
TRIGGERS = """
SELECT t.tgname, c.relname, t.tgenabled, pg_get_triggerdef(t.oid),
       f.pronamespace = 'public'::regnamespace
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) AND NOT t.tgisinternal
"""
# A rule may turn a write into nothing before any trigger is asked.
RULES = """
SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)
"""


class Cursor(Protocol):
    """What Django's cursors and psycopg's have in common."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> Any: ...


@dataclass(frozen=True)
class Function:
    """A function in the schema `public`; `arguments` and `returns` as PostgreSQL writes them."""

    name: str
    body: str
    arguments: str = ""
    returns: str = "trigger"
    language: str = "plpgsql"
    volatility: str = VOLATILE
    # Runs with its owner's rights, and then with this search path.
    is_definer: bool = False
    # Further settings while it runs, as the catalogue spells them.
    settings: tuple[str, ...] = ()

    def sql(self) -> str:
        parts = [f"CREATE OR REPLACE FUNCTION {self.name}({self.arguments})"]
        parts.append(f"RETURNS {self.returns} LANGUAGE {self.language}")
        parts += ["IMMUTABLE"] if self.volatility == IMMUTABLE else []
        parts += ["SECURITY DEFINER SET search_path = public, pg_temp"] if self.is_definer else []
        parts += [f"SET {one.replace('=', ' = ')}" for one in self.settings]
        return " ".join(parts) + f" AS $${self.body}$$"

    def row(self) -> tuple[Any, ...]:
        """What the catalogue says of it when nothing was changed."""
        settings = ["search_path=public, pg_temp"] if self.is_definer else []
        settings += self.settings
        return (
            self.name, self.arguments, self.returns, self.language, self.body, self.volatility,
            self.is_definer, settings or None,
        )  # fmt: skip


@dataclass(frozen=True)
class Trigger:
    """A trigger that runs a function without arguments; `events` are some of EVENTS."""

    name: str
    table: str
    function: str
    timing: Literal["BEFORE", "AFTER"]
    events: tuple[str, ...]
    each: Literal["ROW", "STATEMENT"] = "STATEMENT"
    # "OLD TABLE AS old_rows NEW TABLE AS new_rows", or a part of it.
    referencing: str = ""

    def sql(self) -> str:
        """The statement that makes it, in the very words of pg_get_triggerdef."""
        events = " OR ".join(one for one in EVENTS if one in self.events)
        rows = f"REFERENCING {self.referencing} " if self.referencing else ""
        return (
            f"CREATE TRIGGER {self.name} {self.timing} {events} ON public.{self.table} {rows}"
            f"FOR EACH {self.each} EXECUTE FUNCTION {self.function}()"
        )


@dataclass(frozen=True)
class Flaw:
    """A function or trigger that is not as declared."""

    name: str
    kind: Literal["missing", "off", "changed", "foreign"]

    def __str__(self) -> str:
        return f"{self.name} {_WORDS[self.kind]}"


_WORDS = {
    "missing": "is missing",
    "off": "is switched off",
    "changed": "was changed",
    "foreign": "is not one of ours",
}


def install(cursor: Cursor, functions: Iterable[Function], triggers: Iterable[Trigger]) -> None:
    """Create functions and triggers, or bring them up to date."""
    for function in functions:
        cursor.execute(function.sql())
    for trigger in triggers:
        cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}")
        cursor.execute(trigger.sql())


def flaws(
    cursor: Cursor,
    functions: Sequence[Function],
    triggers: Sequence[Trigger],
    *,
    closed: Sequence[str] = (),
) -> list[Flaw]:
    """What differs from the declarations, by name; empty when nothing does.

    To the tables in `closed` nobody may have added a trigger or a rule of their own.
    """
    found = {*_of_functions(cursor, functions), *_of_triggers(cursor, triggers, closed)}
    cursor.execute(RULES, [list(closed)])
    found |= {Flaw(str(name), "foreign") for (name,) in cursor.fetchall()}
    # In a session of this kind no ordinary trigger fires.
    cursor.execute("SELECT current_setting('session_replication_role')")
    if cursor.fetchone()[0] == "replica":
        found.add(Flaw("session_replication_role", "changed"))
    return sorted(found, key=lambda one: (one.name, one.kind))


def _of_functions(cursor: Cursor, functions: Sequence[Function]) -> set[Flaw]:
    cursor.execute(FUNCTIONS, [[one.name for one in functions]])
    rows = [tuple(row) for row in cursor.fetchall()]
    names = [row[0] for row in rows]
    found = set()
    for one in functions:
        if one.name not in names:
            found.add(Flaw(one.name, "missing"))
        # A second one of the name with other arguments may be the one that is called.
        elif [row for row in rows if row[0] == one.name] != [one.row()]:
            found.add(Flaw(one.name, "changed"))
    return found


def _of_triggers(
    cursor: Cursor, triggers: Sequence[Trigger], closed: Sequence[str]
) -> Iterable[Flaw]:
    cursor.execute(TRIGGERS, [[*{one.table for one in triggers}, *closed]])
    held = {(name, table): tuple(rest) for name, table, *rest in cursor.fetchall()}
    for one in triggers:
        if (one.name, one.table) not in held:
            yield Flaw(one.name, "missing")
            continue
        enabled, definition, is_ours = held[one.name, one.table]
        if enabled != "O":
            yield Flaw(one.name, "off")
        if not is_ours or definition != one.sql():
            yield Flaw(one.name, "changed")
    ours = {(one.name, one.table) for one in triggers}
    yield from (Flaw(name, "foreign") for name, table in held.keys() - ours if table in closed)
