from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can, holds
from linli.kernel.accounts import sessions
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.backends import PHONE_PURPOSE
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.models import Post, User
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.publish import publish
from linli.lib.checkdigits import InvalidCode, mobile_or_landline
from linli.lib.uuid7 import uuid7

from ..changes import Unfit, is_self, locked, new_password, set_password, tell
from ..policies import running
from ..posting import open_at

LONGEST_NAME = 60
PASSWORD_FIELDS = ("password", "password_changed_at", "must_change_password", "session_mark")


@dataclass(frozen=True)
class Registered:
    """A new user and the password that somebody tells them; it is kept nowhere."""

    user: User
    password: str


def _set_names(user: User, *, name: str, phone: str) -> None:
    user.name = name.strip()
    if not user.name:
        raise Unfit(_("Somebody needs a name that others see."), "name")
    try:
        user.phone = mobile_or_landline(phone) if phone else ""
    except InvalidCode as error:
        raise Unfit(_("This is not a phone number."), "phone") from error
    user.phone_index = blind(user.phone, purpose=PHONE_PURPOSE) if user.phone else None


def _checked_username(username: str) -> str:
    """A user name that can be told from a phone number and typed on any keyboard in one go."""
    name = username.strip()
    plain = name.replace(".", "").replace("-", "").replace("_", "")
    if not (plain.isalnum() and len(name) <= LONGEST_NAME):
        raise Unfit(
            _("A user name has letters and digits, and . - _ between them, 60 at most."), "username"
        )
    try:
        mobile_or_landline(name)
    except InvalidCode:
        return name
    raise Unfit(_("A phone number is no user name: it belongs in its own field."), "username")


def _store(user: User) -> None:
    """Save; a name or number that somebody has is a sentence, not an error of the database."""
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if "user_name_once" in str(error):
            raise Unfit(_("This user name is taken."), "username") from error
        if "user_phone_once" in str(error):
            sentence = _("This number may belong to another user. Ask the administrator above you.")
            raise Unfit(sentence, "phone") from error
        raise


@transaction.atomic
def register_user(
    *,
    actor: Actor,
    username: str,
    name: str,
    phone: str = "",
    role: str = "",
    unit_id: UUID | None = None,
    first_day: date | None = None,
    password: str = "",
    must_change: bool = True,
) -> Registered:
    """Register somebody who signs in, with a first post; a password is made unless one is given.

    An administrator registers nobody without a post in the own area. Raises Unfit for a user name
    or number that is taken, a weak password, and a post that cannot be.
    """
    if not holds(actor, "staff.register") or (actor.is_user and unit_id is None):
        raise Refused
    user = User(username=_checked_username(username), must_change_password=must_change)
    _set_names(user, name=name, phone=phone)
    password = password or new_password()
    set_password(user, password, field="password")
    _store(user)
    tell(actor, "user_registered", user)
    if unit_id is not None:
        open_at(user, actor=actor, unit_id=unit_id, role=role, first_day=first_day or actor.today)
    return Registered(user, password)


@transaction.atomic
def edit_user(user: User, *, actor: Actor, name: str, phone: str) -> None:
    """Change the name that others see, and the phone number that signs in."""
    if not can(actor, "staff.manage", user):
        raise Refused
    held = locked(user.pk)
    before = {"name": held.name, "phone": held.phone}
    _set_names(held, name=name, phone=phone)
    changed = [what for what, value in before.items() if getattr(held, what) != value]
    if not changed:
        return
    _store(held)
    user.name, user.phone = held.name, held.phone
    tell(actor, "user_edited", held, changed=" ".join(changed))


@transaction.atomic
def give_new_password(user: User, *, actor: Actor) -> str:
    """Make a new password for somebody who has lost theirs, and return it to be told once.

    Every session of theirs ends, and they choose their own at the next sign-in.
    """
    if not can(actor, "staff.secure", user):
        raise Refused
    if is_self(actor, user):
        raise Unfit(_("Change your own password from the menu at the top."))
    held, password = locked(user.pk), new_password()
    set_password(held, password, field="password")
    held.must_change_password = True
    held.session_mark = uuid7()
    held.save(update_fields=PASSWORD_FIELDS)
    sessions.end(held)
    tell(actor, "password_given", held)
    return password


@transaction.atomic
def change_own_password(*, actor: Actor, current: str, new: str) -> User:
    """Change the password of whoever acts; returns the user, whose other sessions have ended.

    Raises Unfit for a wrong present password and for a new one that is weak or the same.
    """
    if not holds(actor, "staff.own_password") or actor.user_id is None:
        raise Refused
    held = locked(actor.user_id)
    if not held.check_password(current):
        raise Unfit(_("This is not your present password."), "current")
    if new == current:
        raise Unfit(_("Choose a password that differs from the present one."), "new")
    set_password(held, new, field="new")
    held.must_change_password = False
    held.session_mark = uuid7()
    held.save(update_fields=PASSWORD_FIELDS)
    tell(actor, "password_changed", held)
    return held


@transaction.atomic
def deactivate_user(user: User, *, actor: Actor) -> None:
    """Switch a user off: sessions end, keys are refused, and what was theirs to do is handed on."""
    if not can(actor, "staff.secure", user):
        raise Refused
    if is_self(actor, user):
        raise Unfit(_("You cannot switch yourself off; another administrator can."))
    held = locked(user.pk)
    if not held.is_active:
        return
    held.is_active, held.session_mark = False, uuid7()
    held.save(update_fields=("is_active", "session_mark"))
    sessions.end(held)
    user.is_active = False
    tell(actor, "user_deactivated", held)
    for post in Post.objects.filter(running(actor), user=held, valid_from__lte=actor.today):
        publish(PostEnded(held.pk, post.unit_id, post.role, actor.today))


@transaction.atomic
def reactivate_user(user: User, *, actor: Actor) -> None:
    """Switch a user on again, with the posts that have not ended meanwhile."""
    if not can(actor, "staff.secure", user):
        raise Refused
    held = locked(user.pk)
    if held.is_active:
        return
    # Sessions from before stay ended: the mark was changed when they were switched off.
    held.is_active = True
    held.save(update_fields=("is_active",))
    user.is_active = True
    tell(actor, "user_reactivated", held)
