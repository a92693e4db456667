import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.accounts.backends import PHONE_PURPOSE
from linli.kernel.accounts.enums import KeyScope, Role
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.accounts.tokens import hash_of, new_key
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.publish import publish
from linli.kernel.timeline.record import record
from linli.kernel.units.models import Unit
from linli.lib.checkdigits import InvalidCode, mobile_or_landline
from linli.lib.receipts import ALPHABET
from linli.lib.uuid7 import uuid7

from .policies import ROLES_AT, running

DAY = timedelta(days=1)
PASSWORD_GROUPS, PASSWORD_GROUP = 4, 4
LONGEST_NAME = 60


class Unfit(Exception):
    """What was asked for cannot be: a sentence, and the name of the field it is about."""

    def __init__(self, sentence: str | Promise, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field

    def __str__(self) -> str:
        return str(self.sentence)


@dataclass(frozen=True)
class Registered:
    """A new user and the password that somebody tells them; it is kept nowhere."""

    user: User
    password: str


def _tell(actor: Actor, verb: str, user: User, *, changed: str = "") -> None:
    data: dict[str, Any] = {"changed": changed} if changed else {}
    record(actor, f"staff.{verb}", subject_type="staff.user", subject_id=user.pk, **data)


def _tell_post(actor: Actor, verb: str, post: Post, **data: str) -> None:
    record(
        actor,
        f"staff.{verb}",
        subject_type="staff.post",
        subject_id=post.pk,
        area=post.unit.area_id,
        unit=post.unit_id,
        user=str(post.user_id),
        role=post.role,
        at_unit=str(post.unit_id),
        **data,
    )


def _tell_key(actor: Actor, verb: str, key: ApiToken, **data: str) -> None:
    record(
        actor,
        f"staff.{verb}",
        subject_type="staff.key",
        subject_id=key.pk,
        area=key.post.unit.area_id,
        unit=key.post.unit_id,
        user=str(key.post.user_id),
        post=str(key.post_id),
        **data,
    )


def _locked(user_id: UUID) -> User:
    """The user as they are now; nobody else changes user or posts until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def _is_self(actor: Actor, user: User) -> bool:
    return actor.is_user and actor.user_id == user.pk


def _new_password() -> str:
    """A password to be read out once: sixteen letters and digits that nobody mistakes."""
    letters = ALPHABET.lower()
    groups = (
        "".join(secrets.choice(letters) for _letter in range(PASSWORD_GROUP))
        for _group in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def _set_password(user: User, password: str, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        # Chinese sentences follow one another without a gap.
        gap = "" if (get_language() or "zh").startswith("zh") else " "
        raise Unfit(gap.join(error.messages), field) from error
    user.set_password(password)


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
    password = password or _new_password()
    _set_password(user, password, field="password")
    _store(user)
    _tell(actor, "user_registered", user)
    if unit_id is not None:
        _open(user, actor=actor, unit_id=unit_id, role=role, first_day=first_day or actor.today)
    return Registered(user, password)


@transaction.atomic
def edit_user(user: User, *, actor: Actor, name: str, phone: str) -> None:
    """Change the name that others see, and the phone number that signs in."""
    if not can(actor, "staff.manage", user):
        raise Refused
    held = _locked(user.pk)
    before = {"name": held.name, "phone": held.phone}
    _set_names(held, name=name, phone=phone)
    changed = [what for what, value in before.items() if getattr(held, what) != value]
    if not changed:
        return
    _store(held)
    user.name, user.phone = held.name, held.phone
    _tell(actor, "user_edited", held, changed=" ".join(changed))


@transaction.atomic
def give_new_password(user: User, *, actor: Actor) -> str:
    """Make a new password for somebody who has lost theirs, and return it to be told once.

    Every session of theirs ends, and they choose their own at the next sign-in.
    """
    if not can(actor, "staff.manage", user):
        raise Refused
    if _is_self(actor, user):
        raise Unfit(_("Change your own password from the menu at the top."))
    held, password = _locked(user.pk), _new_password()
    _set_password(held, password, field="password")
    held.must_change_password = True
    held.session_mark = uuid7()
    held.save(update_fields=("password", "must_change_password", "session_mark"))
    _tell(actor, "password_given", held)
    return password


@transaction.atomic
def change_own_password(*, actor: Actor, current: str, new: str) -> User:
    """Change the password of whoever acts; returns the user, whose other sessions have ended.

    Raises Unfit for a wrong present password and for a new one that is weak or the same.
    """
    if not holds(actor, "staff.own_password") or actor.user_id is None:
        raise Refused
    held = _locked(actor.user_id)
    if not held.check_password(current):
        raise Unfit(_("This is not your present password."), "current")
    if new == current:
        raise Unfit(_("Choose a password that differs from the present one."), "new")
    _set_password(held, new, field="new")
    held.must_change_password = False
    held.session_mark = uuid7()
    held.save(update_fields=("password", "must_change_password", "session_mark"))
    _tell(actor, "password_changed", held)
    return held


@transaction.atomic
def deactivate_user(user: User, *, actor: Actor) -> None:
    """Switch a user off: sessions end, keys are refused, and what was theirs to do is handed on."""
    if not can(actor, "staff.manage", user):
        raise Refused
    if _is_self(actor, user):
        raise Unfit(_("You cannot switch yourself off; another administrator can."))
    held = _locked(user.pk)
    if not held.is_active:
        return
    held.is_active, held.session_mark = False, uuid7()
    held.save(update_fields=("is_active", "session_mark"))
    user.is_active = False
    _tell(actor, "user_deactivated", held)
    for post in Post.objects.filter(running(actor), user=held, valid_from__lte=actor.today):
        publish(PostEnded(held.pk, post.unit_id, post.role, actor.today))


@transaction.atomic
def reactivate_user(user: User, *, actor: Actor) -> None:
    """Switch a user on again, with the posts that have not ended meanwhile."""
    if not can(actor, "staff.manage", user):
        raise Refused
    held = _locked(user.pk)
    if held.is_active:
        return
    # Sessions from before stay ended: the mark was changed when they were switched off.
    held.is_active = True
    held.save(update_fields=("is_active",))
    user.is_active = True
    _tell(actor, "user_reactivated", held)


@transaction.atomic
def open_post(user: User, *, actor: Actor, unit_id: UUID, role: str, first_day: date) -> Post:
    """Give somebody a role at a unit from a day on.

    Raises Unfit where the role makes no sense at such a unit, the unit does not exist on that day,
    or the post is held then already.
    """
    if not can(actor, "staff.view", user):
        raise Refused
    return _open(_locked(user.pk), actor=actor, unit_id=unit_id, role=role, first_day=first_day)


def _open(user: User, *, actor: Actor, unit_id: UUID, role: str, first_day: date) -> Post:
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None or not can(actor, "staff.appoint", unit):
        raise Refused
    _check_role(role, unit)
    if not unit.is_in_force(first_day):
        raise Unfit(_("This unit does not exist on that day."), "first_day")
    overlapping = Post.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=first_day), user=user, unit=unit, role=role
    )
    if overlapping.exists():
        raise Unfit(_("They hold this post then already."), "role")
    made = Post.objects.create(user=user, unit=unit, role=role, valid_from=first_day)
    _tell_post(actor, "post_opened", made, first=first_day.isoformat())
    return made


def _check_role(role: str, unit: Unit) -> None:
    """Raises Unfit, with where it belongs, for a role that makes no sense at a kind of unit."""
    if role not in ROLES_AT.get(unit.kind, ()):
        if role not in Role.values:
            raise Unfit(_("There is no such role."), "role")
        raise Unfit(BELONGS[Role(role)], "role")


BELONGS: dict[str, Promise] = {
    Role.OFFICER: _("A department officer works at a department."),
    Role.ADMINISTRATOR: _("An administrator works at a department."),
    Role.DISPATCHER: _("A dispatcher works at a county centre."),
    Role.STATION_HEAD: _("A station head works at a station."),
    Role.WORKER: _("A social worker works at a station."),
    Role.GRID_WORKER: _("A grid worker works at a community room."),
}


@transaction.atomic
def end_post(post: Post, *, actor: Actor, last_day: date) -> None:
    """End a post with a last day; yesterday as the last day ends it at once.

    What was theirs to do in it is handed on when it ends: now, or by the worker on the morning
    after a last day that is still to come.
    """
    if not can(actor, "staff.end_post", post):
        raise Refused
    _locked(post.user_id)
    held = Post.objects.select_related("unit").get(pk=post.pk)
    if held.valid_to is not None and held.valid_to < actor.today:
        raise Unfit(_("This post is over already."))
    if last_day < actor.today - DAY:
        raise Unfit(_("A post cannot be ended for days that have passed."), "last_day")
    if _is_last_of_own(held, actor=actor):
        raise Unfit(_("This is your own last post as administrator; another one can end it."))
    held.valid_to = post.valid_to = last_day
    held.save(update_fields=("valid_to",))
    _tell_post(actor, "post_ended", held, last=last_day.isoformat())
    if last_day <= actor.today:
        publish(PostEnded(held.user_id, held.unit_id, held.role, last_day))


def _is_last_of_own(post: Post, *, actor: Actor) -> bool:
    """Whether the actor would be left without a lasting post as an administrator."""
    if not actor.is_user or post.user_id != actor.user_id or post.role != Role.ADMINISTRATOR:
        return False
    others = Post.objects.filter(running(actor), user=post.user_id, role=Role.ADMINISTRATOR)
    lasting = others.filter(valid_from__lte=actor.today, valid_to__isnull=True)
    return not lasting.exclude(pk=post.pk).exists()


@transaction.atomic
def issue_key(
    post: Post, *, actor: Actor, name: str, valid_until: datetime, scopes: Iterable[str]
) -> str:
    """Make a key with which a program acts in a post, for some scopes only, and return it to be
    shown this once."""
    if not can(actor, "staff.keys", post):
        raise Refused
    held = Post.objects.filter(running(actor), pk=post.pk, user__is_active=True).first()
    if held is None:
        raise Unfit(_("A key needs a post that is held, by a user who can sign in."))
    if valid_until <= actor.now:
        raise Unfit(_("A key must be valid for a while."), "days")
    asked = sorted(set(scopes))
    if not asked or not set(asked) <= set(KeyScope.values):
        raise Unfit(_("A key is for something: choose at least one scope."), "scopes")
    key = new_key()
    made = ApiToken.objects.create(
        post=held, name=name, key_hash=hash_of(key), valid_until=valid_until, scopes=asked
    )
    until = valid_until.astimezone(SHANGHAI).date().isoformat()
    _tell_key(actor, "key_issued", made, until=until, scopes=" ".join(asked))
    return key


@transaction.atomic
def revoke_key(key: ApiToken, *, actor: Actor) -> None:
    """Revoke a key; the program that has it is refused from the next call on."""
    if not can(actor, "staff.keys", key.post):
        raise Refused
    rows = ApiToken.objects.filter(pk=key.pk, revoked_at__isnull=True)
    if rows.update(revoked_at=actor.now) == 1:
        key.revoked_at = actor.now
        _tell_key(actor, "key_revoked", key)
