"""Looks: who has seen what. The two questions that an audit asks, answered by index.

A look is an event whose verb ends in `read`, `.revealed`, `.found` (somebody was searched for) or
`.exported`. What it showed is its subject and the ids in `about`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

SUFFIXES = ("read", ".revealed", ".found", ".exported")
LOOKS = Q(*(("verb__endswith", one) for one in SUFFIXES), _connector=Q.OR)
# For statements with parameters, hence the doubled signs.
IS_LOOK = " OR ".join(f"verb LIKE '%%{one}'" for one in SUFFIXES)
LISTED_AT_MOST = 10_000
# By index on the subject, and by index on what else was shown; an event that is found both ways
# counts once.
AT_SUBJECTS = f"""
WITH asked AS (SELECT unnest(%(types)s::text[]) AS kind, unnest(%(ids)s::uuid[]) AS id),
seen AS (
  SELECT e.id, e.at, e.actor_kind, e."user", e.post, e.verb, e.subject_type, e.subject_id, e.data
  FROM asked JOIN timeline_event e ON e.subject_type = asked.kind AND e.subject_id = asked.id
  WHERE ({IS_LOOK}) AND e.at >= %(since)s AND e.at < %(until)s
  UNION
  SELECT e.id, e.at, e.actor_kind, e."user", e.post, e.verb, e.subject_type, e.subject_id, e.data
  FROM timeline_event e
  WHERE e.about && %(ids)s::uuid[] AND ({IS_LOOK}) AND e.at >= %(since)s AND e.at < %(until)s
)
"""
LATEST = """
SELECT at, actor_kind, "user", post, verb, subject_type, subject_id, data FROM seen
ORDER BY at DESC, id DESC LIMIT %(most)s
"""
BY_WHOM = """
SELECT actor_kind, "user", post, count(*), count(DISTINCT (at AT TIME ZONE 'Asia/Shanghai')::date),
       min(at), max(at), array_agg(DISTINCT verb)
FROM seen GROUP BY 1, 2, 3 ORDER BY max(at) DESC
"""
BY_POSTS = f"""
FROM timeline_event WHERE "user" = %(user)s AND post = ANY(%(posts)s) AND ({IS_LOOK})
  AND at >= %(since)s AND at < %(until)s
"""
OF_USER = """
SELECT at, actor_kind, "user", post, verb, subject_type, subject_id, data
"""
PER_DAY = """
SELECT (at AT TIME ZONE 'Asia/Shanghai')::date, count(*), count(DISTINCT subject_id),
       count(*) FILTER (
         WHERE NOT extract(hour FROM at AT TIME ZONE 'Asia/Shanghai') BETWEEN 7 AND 20)
"""
# By the user first: that is what the index knows.
PER_POST = f"""
SELECT post, count(*) FROM timeline_event
WHERE "user" IN (SELECT user_id FROM accounts_post WHERE id = ANY(%(posts)s))
  AND at >= %(since)s AND post = ANY(%(posts)s) AND ({IS_LOOK})
GROUP BY 1
"""
PER_SUBJECT = """
SELECT subject_type, subject_id, count(*), min(at), max(at), array_agg(DISTINCT verb),
       sum(coalesce(cardinality(about), 0))
"""


@dataclass(frozen=True)
class Look:
    """One look: when, by whom in which post, how, and at what."""

    at: datetime
    actor_kind: str
    user: UUID | None
    post: UUID | None
    verb: str
    subject_type: str
    subject_id: UUID | None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Looker:
    """Everything one user has looked at in one post, added up."""

    actor_kind: str
    user: UUID | None
    post: UUID | None
    times: int
    days: int
    first: datetime
    last: datetime
    verbs: Sequence[str]


@dataclass(frozen=True)
class Day:
    """The looks of one user on one day; `late` of them between nine at night and seven."""

    on: date
    times: int
    subjects: int
    late: int


@dataclass(frozen=True)
class Seen:
    """What one user has looked at, and how often; `shown` are the further rows that it showed."""

    subject_type: str
    subject_id: UUID | None
    times: int
    first: datetime
    last: datetime
    verbs: Sequence[str]
    shown: int


@dataclass(frozen=True)
class Watched:
    """A user in some posts over a time: what is asked about."""

    user: UUID
    posts: Sequence[UUID]
    since: datetime
    until: datetime

    def given(self) -> dict[str, Any]:
        return {**vars(self), "posts": list(self.posts)}


def lookers(
    subjects: Iterable[tuple[str, UUID]], *, since: datetime, until: datetime
) -> list[Looker]:
    """Who looked at any of some subjects, the latest first."""
    rows = _fetch(AT_SUBJECTS + BY_WHOM, _asked(subjects, since, until))
    return [Looker(*row) for row in rows]


def looks_at(
    subjects: Iterable[tuple[str, UUID]],
    *,
    since: datetime,
    until: datetime,
    most: int = LISTED_AT_MOST,
) -> list[Look]:
    """The looks themselves, the latest first."""
    given = _asked(subjects, since, until) | {"most": most}
    return [_look(row) for row in _fetch(AT_SUBJECTS + LATEST, given)]


def by_day(asked: Watched) -> list[Day]:
    """How much somebody looked at on each day, the latest first."""
    rows = _fetch(PER_DAY + BY_POSTS + "GROUP BY 1 ORDER BY 1 DESC", asked.given())
    return [Day(*row) for row in rows]


def by_subject(asked: Watched, *, most: int = LISTED_AT_MOST) -> list[Seen]:
    """What somebody looked at, the latest first."""
    end = "GROUP BY 1, 2 ORDER BY max(at) DESC LIMIT %(most)s"
    rows = _fetch(PER_SUBJECT + BY_POSTS + end, asked.given() | {"most": most})
    return [Seen(*row) for row in rows]


def of_user(asked: Watched, *, most: int = LISTED_AT_MOST) -> list[Look]:
    """The looks of somebody one by one, the latest first."""
    end = "ORDER BY at DESC, id DESC LIMIT %(most)s"
    return [_look(row) for row in _fetch(OF_USER + BY_POSTS + end, asked.given() | {"most": most})]


def _look(row: tuple[Any, ...]) -> Look:
    return Look(*(*row[:-1], json.loads(row[-1])))


def times_of(posts: Iterable[UUID], *, since: datetime) -> dict[UUID, int]:
    """How often something was looked at from each of some posts since a moment."""
    given = {"posts": list(posts), "since": since}
    return dict(_fetch(PER_POST, given)) if given["posts"] else {}


def _asked(
    subjects: Iterable[tuple[str, UUID]], since: datetime, until: datetime
) -> dict[str, Any]:
    held = list(subjects)
    types, ids = [kind for kind, _id in held], [key for _kind, key in held]
    return {"types": types, "ids": ids, "since": since, "until": until}


def _fetch(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
