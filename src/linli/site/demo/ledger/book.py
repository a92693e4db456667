from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from linli.kernel.accounts.actors import Actor
from linli.lib.areacodes import ancestors

from ..deadlines import Deadlines
from ..steps import Step
from .actors import Actors
from .flow import Flows, Timeline
from .rows import Row, Rows


@dataclass
class Book:
    """Every row so far by its key in the script, and what writes further ones."""

    random: Random
    rows: Rows = field(init=False)
    timeline: Timeline = field(init=False)
    flows: Flows = field(init=False)
    actors: Actors = field(default_factory=Actors)
    deadlines: Deadlines = field(default_factory=Deadlines)
    units: dict[str, Row] = field(default_factory=dict)
    sites: dict[str, Row] = field(default_factory=dict)
    serves: dict[str, list[int]] = field(default_factory=dict)
    centres: dict[int, Row] = field(default_factory=dict)
    people: dict[str, Row] = field(default_factory=dict)
    households: dict[str, Row] = field(default_factory=dict)
    services: dict[str, Row] = field(default_factory=dict)
    requests: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    orders_by_id: dict[UUID, Row] = field(default_factory=dict)
    request_of: dict[UUID, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = Rows(self.random)
        self.timeline = Timeline(self.rows)
        self.flows = Flows(self.rows, self.timeline)

    def actor(self, step: Step) -> Actor:
        return self.actors.find(step.who, step.at, self.requests, self.orders_by_id)

    def centre_for(self, area: int) -> Row:
        """As `linli.kernel.units.queries.centre_for`."""
        places = (area, *reversed(ancestors(area)))
        return next(self.centres[one] for one in places if one in self.centres)

    def tell(self, actor: Actor, verb: str, subject_type: str, row: Row, **data: Any) -> None:
        """Record an event about a scoped row."""
        self.timeline.record(
            actor,
            verb,
            subject_type=subject_type,
            subject_id=row.pk,
            area=row.area_id,
            unit=row.unit_id,
            **data,
        )
