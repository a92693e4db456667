from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post, User
from linli.kernel.staff import queries
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.ui.addresses import row_address
from linli.kernel.ui.moments import exact
from linli.kernel.ui.wording import bracketed

from ..shown import post_label, state_of

Known = dict[UUID, list[Post]]
ON, OFF, PROPOSED = "on", "off", "proposed"


def _know(rows: list[User], actor: Actor) -> Known:
    """The posts of one page of users that run today, in the actor's area."""
    found: Known = {}
    for post in queries.posts_of(actor, [one.pk for one in rows]):
        if post.valid_from <= actor.today and not queries.is_over(post, on=actor.today):
            found.setdefault(post.user_id, []).append(post)
    return found


def _posts(row: User, known: Known) -> Cell:
    labels = [post_label(one) for one in known.get(row.pk, [])]
    more = _("and %(count)s more") % {"count": len(labels) - 1} if len(labels) > 1 else ""
    return Cell(labels[0] if labels else "—", more, value="; ".join(labels))


def _state(row: User, known: Known) -> Cell:
    state = state_of(row)
    return Cell(state["label"], state=state["phase"])


def _last_sign_in(row: User, known: Known) -> Cell:
    return Cell(exact(row.last_login) if row.last_login else "—")


def _in_state(rows: QuerySet[User], value: str, actor: Actor) -> QuerySet[User]:
    return (
        queries.proposed(rows, actor) if value == PROPOSED else rows.filter(is_active=value == ON)
    )


def _actions(actor: Actor) -> list[dict[str, Any]]:
    if not holds(actor, "staff.register"):
        return []
    return [{"url": reverse("accounts:new"), "label": _("Register a user"), "primary": True}]


USERS = Table(
    name="users",
    title=pgettext_lazy("place", "Users"),
    needs="staff.view",
    rows=queries.users,
    columns=(
        Column("name", _("Name"), lambda row, known: Cell(bracketed(row.name, row.username))),
        Column("posts", _("Post"), _posts, width=44),
        Column("state", _("State"), _state, kind="state"),
        Column("last_login", _("Last sign-in"), _last_sign_in, kind="time"),
    ),
    sort="joined_at",
    row_url=row_address("accounts:user"),
    filters=(
        Filter(
            "role",
            _("Role"),
            lambda actor: queries.roles(),
            queries.holding,
        ),
        Filter(
            "active",
            _("State"),
            lambda actor: [
                (ON, _("Can sign in")),
                (OFF, _("Switched off")),
                (PROPOSED, _("Waits for confirmation")),
            ],
            _in_state,
        ),
    ),
    know=_know,
    search=lambda rows, text, actor: queries.named(rows, text),
    search_hint=_("Name or user name"),
    empty_title=_("Nobody here yet"),
    empty_hint=_("Users appear here when they are registered with a post in your area."),
    actions=_actions,
)
