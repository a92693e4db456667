from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post, User
from linli.kernel.staff import queries
from linli.kernel.tables import Cell, Column, Table
from linli.kernel.timeline.looks import times_of
from linli.kernel.ui.addresses import row_address

from ..shown import post_label

RECENT = timedelta(days=30)
Known = tuple[dict[UUID, list[Post]], dict[UUID, int]]


def _know(rows: list[User], actor: Actor) -> Known:
    """The posts of one page of users, and how often something was looked at from each."""
    posts = queries.watched_posts(actor, [one.pk for one in rows])
    held: dict[UUID, list[Post]] = {}
    for post in posts:
        held.setdefault(post.user_id, []).append(post)
    return held, times_of([one.pk for one in posts], since=actor.now - RECENT)


def _posts(row: User, known: Known) -> Cell:
    labels = [post_label(one) for one in known[0].get(row.pk, [])]
    return Cell(labels[0] if labels else "—", value="; ".join(labels))


def _times(row: User, known: Known) -> Cell:
    posts, times = known
    count = sum(times.get(one.pk, 0) for one in posts.get(row.pk, []))
    return Cell(f"{count:,}", value=count)


WORKERS: Table = Table(
    name="looks",
    title=pgettext_lazy("place", "Looks"),
    needs="staff.looks",
    rows=queries.watched,
    columns=(
        Column("name", _("Name"), lambda row, known: Cell(row.name)),
        Column("posts", _("Post"), _posts, width=44),
        Column("times", _("Looks in 30 days"), _times, kind="number"),
    ),
    sort="joined_at",
    row_url=row_address("audit:worker"),
    know=_know,
    search=lambda rows, text, actor: queries.named(rows, text),
    search_hint=_("Name or user name"),
    empty_title=_("Nobody here yet"),
)
