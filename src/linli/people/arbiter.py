"""Which centre decides about two files."""

from datetime import date

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post
from linli.kernel.units.models import Unit
from linli.kernel.units.queries import centre_for, in_force
from linli.lib.areacodes import ancestors, range_of


def arbiter(area: int, other: int, *, on: date) -> Unit | None:
    """The centre that answers for both places; across counties, the one of the smallest area that
    holds both, if there is such a centre and somebody dispatches there."""
    centre, second = centre_for(area, on=on), centre_for(other, on=on)
    if centre is not None and centre == second:
        return centre
    common = [one for one in (area, *ancestors(area)) if _holds(one, other)]
    if not common:
        return None
    above = centre_for(min(common, key=_size), on=on)
    posts = Post.objects.filter(in_force(on), unit=above, role=Role.DISPATCHER)
    return above if above is not None and posts.exists() else None


def _holds(area: int, other: int) -> bool:
    low, high = range_of(area)
    return low <= other <= high


def _size(area: int) -> int:
    low, high = range_of(area)
    return high - low
