"""Checks of values that a schema cannot make: codes in force, areas that exist."""

from uuid import UUID

from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import exists, is_code
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import terms
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import is_unit
from linli.lib.areacodes import level_of
from linli.lib.checkdigits import InvalidCode, mobile_or_landline

from .errors import Unfit

TOWNSHIP_LEVEL = 4


def term(actor: Actor, which: TermList, code: str) -> str:
    """The code, if it is in force today."""
    if code not in {one.code for one in terms(which, on=actor.today)}:
        raise Unfit(_("The code %(code)s is not in the list.") % {"code": code})
    return code


def place(actor: Actor, area: int) -> int:
    """The area, if it is a township or village in force today."""
    if not is_code(area) or level_of(area) < TOWNSHIP_LEVEL or not exists(area, on=actor.today):
        raise Unfit(_("This is not the code of a township or village in force."))
    return area


def phone(text: str) -> str:
    """The number in its normal form; empty stays empty."""
    try:
        return mobile_or_landline(text) if text else ""
    except InvalidCode as error:
        raise Unfit(_("This is not a phone number.")) from error


def words(text: str) -> str:
    """The text, if PostgreSQL can store it."""
    if "\x00" in text:
        raise Unfit(_("The text holds a character that cannot be stored."))
    return text


def some_words(text: str) -> str:
    """The text without white space around it, if there is any."""
    told = words(text).strip()
    if not told:
        raise Unfit(_("Please write a few words."))
    return told


def station(actor: Actor, unit_id: UUID) -> UUID:
    """The id, if it is a station in force in the caller's area."""
    mine = actor.scope.condition(area="area_id", unit="pk")
    if not is_unit(unit_id, kind=UnitKind.STATION, among=mine, on=actor.today):
        raise Unfit(_("This is not a station of your area."))
    return unit_id
