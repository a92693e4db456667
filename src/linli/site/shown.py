"""What the pages about users show: facts, posts, keys, verbs and what has happened."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.factors import has_factor
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.staff import queries
from linli.kernel.staff.models import Proposal
from linli.kernel.staff.outside import label_of
from linli.kernel.staff.signing import SIGN_IN
from linli.kernel.timeline.queries import Line, lines
from linli.kernel.ui.moments import exact, local, short

SHOWN_SIGN_INS = 10
WAITS = gettext_lazy("Proposed. A security administrator has to confirm it before it counts.")


def post_label(post: Post) -> str:
    """Unit and role in the current language, as everywhere else."""
    return f"{post.unit.label} · {Role(post.role).label}"


def state_of(user: User) -> dict[str, str]:
    """A badge: whether somebody can sign in."""
    if not user.is_active:
        return {"label": _("Switched off"), "phase": "stopped"}
    if user.must_change_password:
        return {"label": _("Must choose a password"), "phase": "waiting"}
    return {"label": _("Can sign in"), "phase": "running"}


def facts(user: User, actor: Actor) -> list[tuple[str, str]]:
    return [
        (_("User name"), user.username),
        (_("Mobile number"), user.phone),
        (_("Last sign-in"), short(user.last_login, now=actor.now) if user.last_login else "—"),
        (_("Registered"), local(user.joined_at).date().isoformat()),
    ]


def verbs(user: Any, actor: Actor) -> list[dict[str, Any]]:
    """What the administrator can do with a user (annotated by `queries.user`)."""
    is_self, gives_posts = user.pk == actor.user_id, holds(actor, "staff.appoint")
    manages, secures = user.may_manage, user.may_secure and not is_self
    is_on = user.is_active
    offered = (
        ("new_post", _("Give a post"), gives_posts and is_on and not is_self),
        ("edit", _("Change name or number"), manages),
        ("password", _("Give a new password"), secures and is_on),
        ("end_sessions", _("Sign out everywhere"), secures and is_on),
        ("reset_factors", _("Remove the second factor"), secures and has_factor(user)),
        ("deactivate", _("Switch off"), secures and is_on),
        ("activate", _("Switch on"), secures and not is_on),
    )
    return [
        {
            "name": name,
            "label": words,
            "method": "post" if name == "activate" else "get",
            "url": reverse(f"accounts:{name}", args=[user.pk]),
        }
        for name, words, may in offered
        if may
    ]


def post_rows(posts: Iterable[Post], user: User, actor: Actor) -> list[dict[str, Any]]:
    """Posts in the area with what can be done about them."""
    made = []
    for one in posts:
        is_over = queries.is_over(one, on=actor.today)
        offered = []
        if user.is_active and holds(actor, "staff.keys"):
            offered += [("new_key", _("Issue a key")), ("new_hook", _("Register a web hook"))]
        if holds(actor, "staff.end_post"):
            offered.append(("end_post", pgettext("post", "End")))
        made.append(
            {
                "role": Role(one.role).label,
                "unit": one.unit.label,
                "first": one.valid_from.isoformat(),
                "last": one.valid_to.isoformat() if one.valid_to else "",
                "is_over": is_over,
                "verbs": [] if is_over else [_verb(name, words, one.pk) for name, words in offered],
            }
        )
    return made


def key_rows(keys: Iterable[ApiToken], actor: Actor) -> list[dict[str, Any]]:
    """Keys of posts in the area; those that no longer open anything can only be looked at."""
    made, revokes = [], holds(actor, "staff.keys")
    for one in keys:
        is_over = one.revoked_at is not None or one.valid_until <= actor.now
        made.append(
            {
                "name": one.name,
                "post": post_label(one.post),
                "until": exact(one.valid_until),
                "used": one.used_on.isoformat() if one.used_on else "",
                "scopes": one.scopes,
                "revoked": exact(one.revoked_at) if one.revoked_at else "",
                "is_over": is_over,
                "verbs": []
                if is_over or not revokes
                else [_verb("revoke_key", _("Revoke"), one.pk)],
            }
        )
    return made


def proposal_rows(actor: Actor, user_id: UUID) -> list[dict[str, Any]]:
    """Posts as administrator that wait for a second administrator's word."""
    return [
        {
            "role": Role(one.role).label,
            "unit": one.unit.label,
            "first": one.first_day.isoformat(),
            "by": one.proposed_by.name,
            "verbs": _answers(one) if one.may_confirm else [],  # type: ignore[attr-defined]
        }
        for one in queries.proposals_of(actor, [user_id])
    ]


def _answers(proposal: Proposal) -> list[dict[str, Any]]:
    yes = _verb("confirm_post", _("Confirm"), proposal.pk)
    no = _verb("decline_post", _("Decline"), proposal.pk)
    return [yes, no | {"method": "post"}]


def is_partly_elsewhere(user: Any, actor: Actor) -> bool:
    """Whether name, password and access are somebody else's to change, though the role has it."""
    is_asked = holds(actor, "staff.manage") or holds(actor, "staff.secure")
    return is_asked and not (user.may_manage or user.may_secure)


def _verb(name: str, words: str, key: UUID) -> dict[str, Any]:
    url = reverse(f"accounts:{name}", args=[key])
    return {"name": name, "label": words, "method": "get", "url": url}


def history(
    user: User, posts: Iterable[Post], keys: Iterable[ApiToken], actor: Actor
) -> list[dict[str, str]]:
    """What has been changed, the latest first; of posts and keys, those in the area."""
    subjects = [("staff.user", user.pk)]
    subjects += [("staff.post", one.pk) for one in posts]
    subjects += [("staff.key", one.pk) for one in keys]
    told = lines(subjects, words=_words)
    return [_line(one, actor) | {"who": one.who} for one in reversed(told)]


def sign_ins(user: User, actor: Actor) -> list[dict[str, str]]:
    """The last times somebody signed in or out, or was refused."""
    told = lines([(SIGN_IN, user.pk)], words=_words, with_names=False)
    return [_line(one, actor) for one in told[: -SHOWN_SIGN_INS - 1 : -1]]


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    role, provider = data.get("role"), data.get("provider")
    more = {"role": Role(role).label} if role in Role.values else {}
    return data | more | ({"provider": label_of(str(provider))} if provider else {})


def _line(line: Line, actor: Actor) -> dict[str, str]:
    when = short(line.at, now=actor.now)
    return {"when": when, "exact": exact(line.at), "sentence": line.sentence}
