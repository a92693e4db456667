"""The posts of a user with all that a request needs of them, read in one statement.

Every request begins with this; built from models it cost more than what most pages then ask for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language

from .enums import Role

POSTS = """
SELECT post.id, post.role, unit.id, unit.kind, unit.zh, unit.en, unit.area_id, area.zh, area.en,
       ARRAY(SELECT served.area_id FROM units_servicearea served
             WHERE served.unit_id = unit.id AND served.valid_from <= %(on)s
               AND (served.valid_to IS NULL OR served.valid_to >= %(on)s))
FROM accounts_post post
JOIN units_unit unit ON unit.id = post.unit_id
LEFT JOIN LATERAL (SELECT zh, en FROM areas_areaversion WHERE area_id = unit.area_id
                   ORDER BY valid_from DESC LIMIT 1) area ON true
WHERE post.user_id = %(user)s
  AND post.valid_from <= %(on)s AND (post.valid_to IS NULL OR post.valid_to >= %(on)s)
  AND unit.valid_from <= %(on)s AND (unit.valid_to IS NULL OR unit.valid_to >= %(on)s)
ORDER BY post.valid_from, post.id
"""


@dataclass(frozen=True)
class HeldPost:
    """A post somebody holds: role, unit, the unit's seat and the areas it serves."""

    id: UUID
    role: str
    unit_id: UUID
    unit_kind: str
    unit_zh: str
    unit_en: str
    area: int
    area_zh: str
    area_en: str
    served: tuple[int, ...]

    @property
    def label(self) -> str:
        """Unit and role in the current language."""
        return f"{self.unit_zh if _is_chinese() else self.unit_en} · {Role(self.role).label}"

    @property
    def area_label(self) -> str:
        """The unit's seat in the current language; its code if it has no name."""
        return (self.area_zh if _is_chinese() else self.area_en) or f"{self.area:012d}"


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def held_posts(user_id: UUID, *, on: date) -> tuple[HeldPost, ...]:
    """The posts a user holds on a day at units in force, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(POSTS, {"user": user_id, "on": on})
        return tuple(_held(row) for row in cursor.fetchall())


def _held(row: tuple[Any, ...]) -> HeldPost:
    post, role, unit, kind, zh, en, area, area_zh, area_en, served = row
    return HeldPost(
        post, role, unit, kind, zh, en, area, area_zh or "", area_en or "", tuple(served)
    )
