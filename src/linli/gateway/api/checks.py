"""Checks of values that a schema cannot make: codes in force, areas that exist."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import exists, is_code
from linli.kernel.scope import Scope
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import terms
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import is_unit
from linli.lib import checkdigits
from linli.lib.areacodes import COUNTY, TOWNSHIP, level_of
from linli.lib.checkdigits import InvalidCode

from .errors import Unfit

EARLIEST_BIRTH, EARLIEST_DECISION = date(1850, 1, 1), date(1949, 10, 1)


def term(actor: Actor, which: TermList, code: str, at: str = "") -> str:
    """The code, if it is in force today."""
    if code not in {one.code for one in terms(which, on=actor.today)}:
        raise Unfit(_("The code %(code)s is not in the list.") % {"code": code}, at or which.value)
    return code


def place(actor: Actor, area: int, *, at_least: int = TOWNSHIP, at: str = "area") -> int:
    """The area, if it is one in force today, of a level from `at_least` down."""
    if not is_code(area) or level_of(area) < at_least or not exists(area, on=actor.today):
        if at_least <= COUNTY:
            raise Unfit(_("This is not the code of an area in force."), at)
        raise Unfit(_("This is not the code of a township or village in force."), at)
    return area


def within(scope: Scope, area: int, at: str = "area") -> int:
    """The area, if the caller looks after it."""
    if not scope.covers(area):
        raise Unfit(_("This area is not one that your post looks after."), at)
    return area


def phone(text: str) -> str:
    """The number in its normal form; empty stays empty."""
    try:
        return checkdigits.mobile_or_landline(text) if text else ""
    except InvalidCode as error:
        raise Unfit(_("This is not a phone number."), "phone") from error


def citizen_id(actor: Actor, text: str) -> str:
    """The citizen id in its normal form; empty stays empty."""
    try:
        return checkdigits.citizen_id(text, today=actor.today) if text else ""
    except InvalidCode as error:
        raise Unfit(_("This is not a citizen id number."), "citizen_id") from error


def credit_code(text: str) -> str:
    """The unified social credit code in its normal form."""
    try:
        return checkdigits.credit_code(text)
    except InvalidCode as error:
        raise Unfit(_("This is not a unified social credit code."), "credit_code") from error


def day(when: date, *, first: date, last: date, at: str) -> date:
    """The day, if it lies between two others."""
    if when > last:
        raise Unfit(_("This day has not come yet."), at)
    if when < first:
        raise Unfit(_("This is too long ago. Please look at the year once more."), at)
    return when


def station(actor: Actor, unit_id: UUID) -> UUID:
    """The id, if it is a station in force in the caller's area."""
    mine = actor.scope.condition(area="area_id", unit="pk")
    if not is_unit(unit_id, kind=UnitKind.STATION, among=mine, on=actor.today):
        raise Unfit(_("This is not a station of your area."), "station")
    return unit_id
