"""Opening and closing duties; written out, because most moves do both and models cost four times as
much."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from linli.kernel.accounts.enums import Role
from linli.lib.uuid7 import uuid7
from linli.lib.worktime import Due

OPEN = """
INSERT INTO flow_duty (id, subject_type, subject_id, verb, area, unit, role, "user", due_at,
                       is_provisional, opened_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
CLOSE = "DELETE FROM flow_duty WHERE subject_type = %s AND subject_id = %s"


def open_for(
    subject: tuple[str, UUID],
    *,
    verb: str,
    area: int,
    unit: UUID,
    role: Role,
    user: UUID | None,
    until: Due,
    now: datetime,
) -> None:
    """Say what must be done next about a subject, and by whom; one duty for a verb."""
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN,
            [
                uuid7(), *subject, verb, area, unit, str(role), user, until.at,
                until.is_provisional, now,
            ],
        )  # fmt: skip


def close(subject: tuple[str, UUID]) -> None:
    """Nothing must be done about a subject any more."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, subject)
