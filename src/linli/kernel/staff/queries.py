from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.backends import PHONE_PURPOSE
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.crypto.sealing import blind
from linli.kernel.units.models import Unit
from linli.kernel.units.queries import in_force
from linli.lib.checkdigits import InvalidCode, mobile_or_landline

from .models import Proposal
from .policies import ROLES_AT, running

MOST_UNITS = 400


def users(actor: Actor) -> QuerySet[User]:
    """Users who hold or held a post in the actor's area."""
    return visible(User.objects.all(), actor, "staff.view")


def user(actor: Actor, user_id: UUID) -> User | None:
    """One of them, with the actor's verbs (`may_manage`, `may_secure`)."""
    found = with_verbs(users(actor), actor, ("staff.manage", "staff.secure"))
    return found.filter(pk=user_id).first()


def watched(actor: Actor) -> QuerySet[User]:
    """Users of whom the actor may ask what they looked at."""
    return visible(User.objects.all(), actor, "staff.looks")


def watched_posts(actor: Actor, user_ids: Iterable[UUID]) -> list[Post]:
    """The posts of some users from which the actor may ask what was looked at, the latest first."""
    held = visible(Post.objects.all(), actor, "staff.looks_from").filter(user__in=list(user_ids))
    return list(held.select_related("unit").order_by("-valid_from", "-id"))


def oneself(actor: Actor) -> User:
    """Whoever acts, as a user."""
    return User.objects.get(pk=actor.user_id or UUID(int=0))


def named(rows: QuerySet[User], text: str) -> QuerySet[User]:
    """Users by a part of their name or user name."""
    return rows.filter(Q(name__icontains=text) | Q(username__icontains=text))


def holding(rows: QuerySet[User], role: str, actor: Actor) -> QuerySet[User]:
    """Users who hold a role in the actor's area today."""
    held = posts(actor).filter(in_force(actor.today), in_force(actor.today, "unit__"), role=role)
    return rows.filter(Exists(held.filter(user=OuterRef("pk"))))


def posts(actor: Actor) -> QuerySet[Post]:
    """Posts at units in the actor's area, whoever holds them."""
    return visible(Post.objects.all(), actor, "staff.see_post")


def posts_of(actor: Actor, user_ids: Iterable[UUID]) -> list[Post]:
    """Posts of some users in the actor's area with their units, the running ones first."""
    held = posts(actor).filter(user__in=list(user_ids)).select_related("unit")
    found = list(held.order_by("-valid_from", "-id"))
    return sorted(found, key=lambda one: is_over(one, on=actor.today))


def post(actor: Actor, post_id: UUID) -> Post | None:
    """A post in the actor's area that is not over yet."""
    held = posts(actor).filter(running(actor), pk=post_id)
    return held.select_related("unit", "user").first()


def is_over(post: Post, *, on: date) -> bool:
    """Whether a post, or the unit it is at, has ended before a day."""
    return any(end is not None and end < on for end in (post.valid_to, post.unit.valid_to))


def keys_of(actor: Actor, post_ids: Iterable[UUID]) -> list[ApiToken]:
    """Keys of some posts in the actor's area, the newest first."""
    here = visible(Post.objects.filter(pk__in=list(post_ids)), actor, "staff.see_post")
    held = ApiToken.objects.filter(post__in=here).select_related("post__unit")
    return list(held.order_by("-id"))


def key(actor: Actor, key_id: UUID) -> ApiToken | None:
    """A key of a post in the actor's area."""
    here = visible(Post.objects.all(), actor, "staff.keys")
    held = ApiToken.objects.filter(pk=key_id, post__in=here)
    return held.select_related("post__unit", "post__user").first()


def proposals_of(actor: Actor, user_ids: Iterable[UUID]) -> list[Proposal]:
    """What is proposed for some users in the actor's area (`may_confirm`)."""
    held = visible(Proposal.objects.all(), actor, "staff.see_proposal")
    found = with_verbs(held, actor, ("staff.confirm",))
    asked = found.filter(user__in=list(user_ids), answered_at__isnull=True)
    return list(asked.select_related("unit", "proposed_by").order_by("id"))


def proposal(actor: Actor, proposal_id: UUID) -> Proposal | None:
    """A proposal that the actor may answer."""
    found = visible(Proposal.objects.all(), actor, "staff.confirm")
    return found.filter(pk=proposal_id).select_related("unit", "user").first()


def proposed(rows: QuerySet[User], actor: Actor) -> QuerySet[User]:
    """Users for whom a post as administrator waits for a second administrator's word."""
    held = visible(Proposal.objects.all(), actor, "staff.see_proposal")
    return rows.filter(Exists(held.filter(user=OuterRef("pk"), answered_at__isnull=True)))


def units(actor: Actor) -> QuerySet[Unit]:
    """Units where the actor may give posts: in force, and of a kind at which people work."""
    found = visible(Unit.objects.filter(in_force(actor.today)), actor, "staff.appoint")
    return found.filter(kind__in=list(ROLES_AT)).order_by("area_id", "id")


def units_called(actor: Actor, name: str) -> list[Unit]:
    """Units where the actor may give posts whose name is, or else holds, what was typed."""
    exact = list(units(actor).filter(Q(zh=name) | Q(en__iexact=name))[:MOST_UNITS])
    if exact:
        return exact
    return list(units(actor).filter(Q(zh__contains=name) | Q(en__icontains=name))[:MOST_UNITS])


def user_called(login: str) -> User | None:
    """Whoever signs in with a user name or phone number, active or not; the same two questions
    for somebody and for nobody."""
    try:
        index = blind(mobile_or_landline(login), purpose=PHONE_PURPOSE)
    except InvalidCode:
        index = None
    # PostgreSQL holds no NUL, and asks about none.
    name = login.strip().replace("\x00", "")
    asked = Q(username__iexact=name) | (Q(phone_index=index) if index else Q(pk__in=[]))
    return User.objects.filter(asked).order_by("id").first()


def roles() -> list[tuple[str, str]]:
    return [(one.value, str(one.label)) for one in Role]


def ended_lately(*, on: date, days: int) -> list[Post]:
    """Posts whose last day was one of the last few, of users who do not hold them again."""
    again = Post.objects.filter(
        in_force(on), user=OuterRef("user"), unit=OuterRef("unit"), role=OuterRef("role")
    )
    over = Post.objects.filter(valid_to__lt=on, valid_to__gte=on - timedelta(days=days))
    return list(over.exclude(Exists(again)).order_by("valid_to", "id"))
