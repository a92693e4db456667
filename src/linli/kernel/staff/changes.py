"""What the actions on users share: sentences for what cannot be, locks, and lines that tell."""

import secrets
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import ApiToken, PastPassword, Post, User
from linli.kernel.timeline.record import record
from linli.lib.receipts import ALPHABET

PASSWORD_GROUPS, PASSWORD_GROUP = 4, 4
PAST_KEPT = 5


class Unfit(Exception):
    """What was asked for cannot be: a sentence, and the name of the field it is about."""

    def __init__(self, sentence: str | Promise, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field

    def __str__(self) -> str:
        return str(self.sentence)


def tell(actor: Actor, verb: str, user: User, **data: Any) -> None:
    record(actor, f"staff.{verb}", subject_type="staff.user", subject_id=user.pk, **data)


def tell_post(actor: Actor, verb: str, post: Post, **data: str) -> None:
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


def tell_key(actor: Actor, verb: str, key: ApiToken, **data: str) -> None:
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


def locked(user_id: UUID) -> User:
    """The user as they are now; nobody else changes user or posts until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def is_self(actor: Actor, user: User) -> bool:
    return actor.is_user and actor.user_id == user.pk


def new_password() -> str:
    """A password to be read out once: sixteen letters and digits that nobody mistakes."""
    letters = ALPHABET.lower()
    groups = (
        "".join(secrets.choice(letters) for _letter in range(PASSWORD_GROUP))
        for _group in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def set_password(user: User, password: str, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        # Chinese sentences follow one another without a gap.
        gap = "" if (get_language() or "zh").startswith("zh") else " "
        raise Unfit(gap.join(error.messages), field) from error
    now = timezone.now()
    if not user._state.adding:
        PastPassword.objects.create(user=user, password=user.password, until=now)
        kept = user.past_passwords.order_by("-until").values("pk")[:PAST_KEPT]
        user.past_passwords.exclude(pk__in=kept).delete()
    user.set_password(password)
    user.password_changed_at = now
