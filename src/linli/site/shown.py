"""What the pages about users show: facts, posts, keys, verbs and what has happened."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.staff import queries
from linli.kernel.staff.signing import SIGN_IN
from linli.kernel.timeline.queries import Line, lines
from linli.kernel.ui.moments import exact, local, short

SHOWN_SIGN_INS = 10


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


def verbs(user: Any, *, is_self: bool) -> list[dict[str, Any]]:
    """What the administrator can do with a user (annotated by `queries.user`)."""
    manages = user.may_manage
    offered = (
        ("new_post", _("Give a post"), user.is_active),
        ("edit", _("Change name or number"), manages),
        ("password", _("Give a new password"), manages and user.is_active and not is_self),
        ("deactivate", _("Switch off"), manages and user.is_active and not is_self),
        ("activate", _("Switch on"), manages and not user.is_active),
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
        offered = [("new_key", _("Issue a key")), ("new_hook", _("Register a web hook"))]
        offered = offered if user.is_active else []
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
    made = []
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
                "verbs": [] if is_over else [_verb("revoke_key", _("Revoke"), one.pk)],
            }
        )
    return made


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
    told = lines([(SIGN_IN, user.pk)], with_names=False)
    return [_line(one, actor) for one in told[: -SHOWN_SIGN_INS - 1 : -1]]


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    role = data.get("role")
    return data | {"role": Role(role).label} if role in Role.values else data


def _line(line: Line, actor: Actor) -> dict[str, str]:
    when = short(line.at, now=actor.now)
    return {"when": when, "exact": exact(line.at), "sentence": line.sentence}
