from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

Text = str | Promise
SUMS_AT_MOST = 3


@dataclass(frozen=True)
class Dimension:
    """A column by which a measure is broken down; `label` turns a value into words."""

    column: str
    title: Text
    label: Callable[[str], str]


@dataclass(frozen=True)
class Sum:
    """A column that is added up, with its unit (minutes, person-times)."""

    column: str
    title: Text
    unit: Text


@dataclass(frozen=True)
class Distinct:
    """Something counted once however often it occurs: `table` joins the facts by `fact`."""

    table: str
    fact: str
    column: str
    title: Text
    unit: Text


@dataclass(frozen=True)
class Measure:
    """What is counted: one row of `table` is one; `where` names a boolean column that must hold.

    `unit` stands behind a number, `amount` says so many of them in a sentence.
    `list_url` is the list of these rows, `listed_by` the permission of those who may open every row
    that they count, so that for them the list is as long as the number. With `fewest`, one unit's
    facts are told apart only where no single one can be recognised: see `read.tells_apart`.

    Table and column names come from code, never from a user.
    """

    name: str
    table: str
    title: Text
    unit: Text
    definition: Text
    needs: str
    day: str
    amount: Callable[[int], str] = field(default=lambda count: f"{count:,}")
    area: str = "area_id"
    whose: str = "unit_id"
    where: str = ""
    list_url: str = ""
    listed_by: str = ""
    fewest: int = 0
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    sums: Mapping[str, Sum] = field(default_factory=dict)
    distinct: Mapping[str, Distinct] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.sums) > SUMS_AT_MOST:
            raise ValueError(f"{self.name}: a measure adds up at most {SUMS_AT_MOST} columns")

    def sum_columns(self) -> list[str]:
        """SQL for s1, s2, s3, padded with zero."""
        columns = [one.column for one in self.sums.values()]
        return columns + ["0"] * (SUMS_AT_MOST - len(columns))


_registry: dict[str, Measure] = {}


def register(measure: Measure) -> Measure:
    """Enter a measure; the declaration in a room's measures.py calls this."""
    if _registry.setdefault(measure.name, measure) is not measure:
        raise ValueError(f"measure {measure.name} is registered twice")
    return measure


def measure(name: str) -> Measure:
    return _registry[name]


def measures() -> list[Measure]:
    return list(_registry.values())
