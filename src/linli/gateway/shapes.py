"""Rows as the schemas show them: codes and ids, never names, phones or words."""

from typing import Any


def request_out(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "door": row.door,
        "for_whom": row.for_whom,
        "need": row.need,
        "urgency": row.urgency,
        "area": row.area_id,
        "unit": row.unit_id,
        "order": row.order_id,
        "registered_at": row.registered_at,
        "due_at": row.due_at,
    }


def order_out(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "need": row.need,
        "urgency": row.urgency,
        "area": row.area_id,
        "unit": row.unit_id,
        "station": row.station_id,
        "worker": row.worker_id,
        "bounces": row.bounces,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "promised_at": row.promised_at,
        "closed_at": row.closed_at,
    }
