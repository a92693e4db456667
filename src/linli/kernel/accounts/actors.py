from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from linli.kernel.scope import Scope, scope, scope_of
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import in_force
from linli.lib.areacodes import range_of

from .enums import ActorKind, Role
from .held import HeldPost, held_posts
from .models import Post, User

SHANGHAI = ZoneInfo("Asia/Shanghai")
SET_ACTOR = """
SELECT set_config('linli.actor', %s, true), set_config('plan_cache_mode', %s, true)
"""


@dataclass(frozen=True)
class Actor:
    """Who acts: a user in one post, a visitor, the holder of a receipt, or the system.

    `area` is the area the post looks after (`moved`: see HeldPost), `subject_ids` what the receipt
    opens, `posts` are all the posts that the user could act in. `key_id` is the key of the program
    that acts as the user, `key_scopes` what that key is for.
    """

    kind: ActorKind
    now: datetime
    locale: str = "zh-hans"
    user_id: UUID | None = None
    user_name: str = ""
    post_id: UUID | None = None
    role: str = ""
    unit_id: UUID | None = None
    unit_kind: str = ""
    area: int | None = None
    moved: frozenset[int] = frozenset()
    subject_ids: frozenset[UUID] = frozenset()
    reason: str = ""
    scope: Scope = field(default_factory=Scope)
    key_id: UUID | None = None
    key_scopes: frozenset[str] = frozenset()
    posts: tuple[HeldPost, ...] = field(default=(), compare=False, repr=False)

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    @property
    def is_user(self) -> bool:
        return self.kind == ActorKind.USER

    @property
    def is_system(self) -> bool:
        return self.kind == ActorKind.SYSTEM

    def has_role(self, *roles: Role) -> bool:
        return self.is_user and self.role in roles

    def at(self, now: datetime) -> "Actor":
        """The same actor at another moment (demo data, jobs)."""
        return replace(self, now=now)


def visitor(*, locale: str = "zh-hans", now: datetime | None = None) -> Actor:
    """Anybody at the public pages; sees nothing that is scoped."""
    return Actor(kind=ActorKind.VISITOR, now=now or timezone.now(), locale=locale)


def receipt_holder(
    subject_ids: Iterable[UUID],
    *,
    areas: Iterable[int],
    locale: str = "zh-hans",
    now: datetime | None = None,
) -> Actor:
    """Somebody who showed receipt number and PIN: opens one request and its order."""
    return Actor(
        kind=ActorKind.RECEIPT,
        now=now or timezone.now(),
        locale=locale,
        subject_ids=frozenset(subject_ids),
        scope=Scope(ranges=tuple(range_of(area) for area in areas)),
    )


def system(reason: str, *, now: datetime | None = None) -> Actor:
    """The system itself, for jobs and commands; `reason` names which one."""
    if not reason:
        raise ValueError("the system acts for a stated reason")
    return Actor(
        kind=ActorKind.SYSTEM,
        now=now or timezone.now(),
        reason=reason,
        scope=Scope(is_everything=True),
    )


def posts_of(user: User, *, on: date) -> list[Post]:
    """The posts a user holds on a day, oldest first."""
    held = user.posts.filter(in_force(on), in_force(on, "unit__"))
    return list(held.select_related("unit"))


def actor_of(
    user: User,
    *,
    post_id: UUID | None = None,
    locale: str = "",
    now: datetime | None = None,
    is_strict: bool = False,
) -> Actor:
    """The actor of a signed-in user in one of their posts (the first, if none is named).

    A user without a valid post becomes an actor who sees nothing; with `is_strict`, so does one
    who no longer holds the post that is named.
    """
    moment = now or timezone.now()
    held = held_posts(user.pk, on=moment.astimezone(SHANGHAI).date())
    post = next((one for one in held if one.id == post_id), None)
    if post is None and held and not is_strict:
        post = held[0]
    bare = Actor(
        kind=ActorKind.USER,
        now=moment,
        locale=locale or user.language,
        user_id=user.pk,
        user_name=user.name,
        posts=held,
    )
    return in_post(bare, post) if post else bare


def areas_of_post(
    role: str, unit_kind: str, *, seat: int, serves: Iterable[int]
) -> tuple[int, ...]:
    """The areas a post looks after: the unit's seat for departments and grid workers, what it
    serves for everybody else (a centre may sit in one township of the county it answers for)."""
    served = tuple(serves)
    if unit_kind == UnitKind.DEPARTMENT or role == Role.GRID_WORKER:
        return (seat,)
    return served or (seat,) if unit_kind == UnitKind.CENTRE else served


def in_post(actor: Actor, post: HeldPost) -> Actor:
    """Give an actor the scope of a post."""
    areas = areas_of_post(post.role, post.unit_kind, seat=post.area, serves=post.served)
    return replace(
        actor,
        post_id=post.id,
        role=post.role,
        unit_id=post.unit_id,
        unit_kind=post.unit_kind,
        area=post.area,
        moved=post.moved,
        scope=scope_of(areas, moved=post.moved, unit_ids={post.unit_id}),
    )


def set_actor(actor: Actor, *, is_reading: bool = False) -> None:
    """Tell the database who acts, for the rest of this transaction (the triggers ask for it).

    Who only reads gets every query planned for its own values: an area may be a village or the
    nation, and one plan for both would suit neither. Writes touch single rows; any plan will do.
    """
    name = str(actor.user_id or f"{actor.kind}:{actor.reason}")
    plans = "force_custom_plan" if is_reading else "auto"
    with connection.cursor() as cursor:
        cursor.execute(SET_ACTOR, [name, plans])


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """One transaction in which an actor acts, as the middleware gives it to a request (commands,
    jobs)."""
    with transaction.atomic():
        set_actor(actor)
        with scope(actor.scope):
            yield actor
