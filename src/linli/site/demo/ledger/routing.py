from collections import Counter
from typing import Any
from uuid import UUID

from linli.directory.models import Site
from linli.dispatch.enums import AT_STATION, RoutingReason
from linli.dispatch.models import RoutingRule
from linli.dispatch.routing import TOWNSHIP_LEVEL, VILLAGE_LEVEL, Candidate
from linli.kernel.flow.machine import Refused
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.lib.areacodes import ancestors, level_of

from .book import Book
from .rows import Row


class Routing:
    """`linli.dispatch.routing.candidates` for rows in bulk; `loads` must be kept up by its user."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.loads: Counter[UUID] = Counter()
        self._served: dict[int, list[Row]] = {}
        self._finest: dict[tuple[UUID, int], int] = {}
        self._rules: list[Row] = []
        self._room: dict[UUID, int] = {}

    def learn(self) -> None:
        """Read the network, once it stands."""
        rows = self.book.rows.of
        stations = {one.id: one for one in rows[Unit] if one.kind == UnitKind.STATION}
        for area in rows[ServiceArea]:
            if area.unit_id in stations:
                self._served.setdefault(area.area_id, []).append(stations[area.unit_id])
        self._units = {one.id: one for one in rows[Unit]}
        self._rules = rows.get(RoutingRule, [])
        self._room = {one.unit_id: one.capacity for one in rows[Site]}

    def moved(self, order: Row, *, before: tuple[str, UUID]) -> None:
        """An order has changed its state or its place."""
        state, unit = before
        self.loads[unit] -= state in AT_STATION
        self.loads[order.unit_id] += order.state in AT_STATION

    def route(self, order: Row, station_id: UUID) -> tuple[RoutingReason, list[dict[str, Any]]]:
        """Which rule fits the chosen station, and what else was considered."""
        found = self._candidates(order.area_id, order.need)
        chosen = next((one for one in found if one.unit.pk == station_id), None)
        if chosen is None:
            seat = self._units[station_id].area_id
            if self.book.centre_for(seat) is not self.book.centre_for(order.area_id):
                raise Refused
        reason = chosen.reason if chosen else RoutingReason.CHOSEN
        return reason, [one.noted() for one in found[:5]]

    def _candidates(self, area: int, need: str) -> list[Candidate]:
        places = [area, *ancestors(area)]
        centre = self.book.centre_for(area)
        ours = [one for one in places if self.book.centres.get(one, centre) is centre]
        ruled = {rule.station_id for rule in self._rules if rule.area in ours and rule.need == need}
        finest: dict[UUID, int] = {}
        for place in places:
            for unit in self._served.get(place, ()):
                finest[unit.id] = max(finest.get(unit.id, 0), level_of(place))
        made: list[Any] = [
            Candidate(
                self._units[pk],  # type: ignore[arg-type]
                RoutingReason.RULE if pk in ruled else _how(finest[pk]),
                self.loads[pk],
                self._room.get(pk, 0),
            )
            for pk in ruled | finest.keys()
        ]
        order = list(RoutingReason)
        return sorted(
            made,
            key=lambda one: (
                not one.has_room,
                order.index(one.reason),
                one.load / max(1, one.capacity),
                str(one.unit.pk),
            ),
        )


def _how(level: int) -> RoutingReason:
    if level == VILLAGE_LEVEL:
        return RoutingReason.VILLAGE
    return RoutingReason.TOWNSHIP if level == TOWNSHIP_LEVEL else RoutingReason.COUNTY
