from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from linli.kernel.tables import Page, page_of
from linli.kernel.tables.paging import is_cursor

from .errors import Unfit


def cut(rows: QuerySet[Any], *, sort: str, after: str, ascending: bool = False) -> Page:
    """A page of 25; a cursor that is none of ours is told so, where a page would begin anew."""
    if after and not is_cursor(after, sort=sort, model=rows.model):
        raise Unfit(_("This is not the cursor of a page: pass `older` as it came."), "after")
    return page_of(rows, sort=sort, after=after, ascending=ascending)
