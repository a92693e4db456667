from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post
from linli.kernel.areas.enact import links_to_areas
from linli.kernel.areas.models import AreaChange, AreaVersion, Reorganisation
from linli.kernel.units.models import Unit
from linli.lib.areacodes import range_of

SHOWN_AT_MOST = 20
TOUCHED = """
SELECT told.place, count(*) FROM unnest(%s::int[], %s::bigint[], %s::bigint[])
  AS told(place, low, high)
JOIN {table} fact ON fact.{column} BETWEEN told.low AND told.high GROUP BY told.place
"""
POSTS = """
SELECT told.place, count(*) FROM unnest(%s::int[], %s::bigint[], %s::bigint[])
  AS told(place, low, high)
JOIN {units} unit ON unit.area_id BETWEEN told.low AND told.high
JOIN {posts} post ON post.unit_id = unit.id GROUP BY told.place
"""


def reorganisations(actor: Actor) -> QuerySet[Reorganisation]:
    """Those in the actor's area, the newest first."""
    return visible(Reorganisation.objects.all(), actor, "reorganise.open").order_by("-asked_at")


def reorganisation(actor: Actor, record_id: UUID) -> Reorganisation | None:
    return reorganisations(actor).filter(pk=record_id).first()


def touched(codes: Sequence[int]) -> list[Counter[str]]:
    """How many rows of each kind stand under each of some areas or in them; numbers only."""
    spans = [range_of(code) for code in codes]
    given = [list(range(len(spans))), [low for low, _ in spans], [high for _, high in spans]]
    found: list[Counter[str]] = [Counter() for _code in codes]
    statements = [
        (model._meta.label, TOUCHED.format(table=model._meta.db_table, column=column))
        for model, column in links_to_areas()
    ]
    names = {"units": Unit._meta.db_table, "posts": Post._meta.db_table}
    statements.append((Post._meta.label, POSTS.format(**names)))
    with connection.cursor() as cursor:
        for label, statement in statements:
            cursor.execute(statement, given)
            for place, count in cursor.fetchall():
                found[place][label] += count
    return found


def versions(code: int) -> list[AreaVersion]:
    """What an area has been called and where it belonged, the latest first."""
    return list(AreaVersion.objects.filter(area_id=code).order_by("-valid_from")[:SHOWN_AT_MOST])


def changes(code: int) -> list[AreaChange]:
    """What the log says of an area, the latest first."""
    found = AreaChange.objects.filter(Q(before_id=code) | Q(after_id=code))
    return list(found.order_by("-on_day", "-id")[:SHOWN_AT_MOST])


def change_days(code: int, *, first: date, last: date) -> list[date]:
    """The days between two (both included) on which something changed in an area, by its code."""
    low, high = range_of(code)
    concerned = Q(before_id__gte=low, before_id__lte=high) | Q(
        after_id__gte=low, after_id__lte=high
    )
    found = AreaChange.objects.filter(concerned, on_day__gte=first, on_day__lte=last)
    return list(
        found.exclude(kind="rename").order_by("on_day").values_list("on_day", flat=True).distinct()
    )
