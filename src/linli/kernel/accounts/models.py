from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7

from .enums import ADMINISTRATORS, KeyScope, Role

SESSION_SALT = "linli.kernel.accounts.session"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Somebody who signs in. Never scoped; what they may see follows from their posts."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    username = models.CharField(_("user name"), max_length=60)
    name = models.CharField(_("name"), max_length=80)
    email = models.EmailField(blank=True)
    phone = SealedTextField()
    phone_index = models.BinaryField(max_length=32, null=True, blank=True)
    language = models.CharField(max_length=8, default="zh-hans")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(default=timezone.now)
    joined_at = models.DateTimeField(auto_now_add=True)
    # A session holds for one mark and one password: a new mark ends them all.
    session_mark = models.UUIDField(default=uuid7, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        indexes = (models.Index(fields=("joined_at", "id"), name="user_joined"),)
        constraints = (
            models.UniqueConstraint(
                models.functions.Lower("username"), name="user_name_once_in_any_case"
            ),
            models.UniqueConstraint(fields=("phone_index",), name="user_phone_once"),
        )

    def __str__(self) -> str:
        return self.username

    def get_session_auth_hash(self) -> str:
        """What a session is checked against at every request; changes when sessions must end."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._session_hash, settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, secret: str | bytes | None) -> str:
        held = f"{self.session_mark}:{self.password}"
        return salted_hmac(SESSION_SALT, held, secret=secret, algorithm="sha256").hexdigest()


class PastPassword(models.Model):
    """The hash of a password somebody had before, for where the last ones may not come again."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("user", "until"), name="past_password_user"),)


class Session(AbstractBaseSession):
    """A session as Django's store keeps it, and of somebody's also whose it is and from where.

    The key is the secret of the browser; pages name a session by its `handle`.
    """

    # Not unique: for a moment, when a session gets a new key, two rows are the same session.
    handle = models.UUIDField(default=uuid7, db_index=True)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="sessions", null=True, blank=True
    )
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    network = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = (models.Index(fields=("user", "seen_at"), name="session_user"),)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore  # noqa: PLC0415  (the store needs this model)

        return SessionStore


class DaysHeld(models.Func):
    """The days of a post, the last one with them."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Post(models.Model):
    """A user's role at a unit between two dates."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=20, choices=Role)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("valid_from", "id")
        indexes = (models.Index(fields=("unit", "role"), name="post_unit_role"),)
        constraints = (
            models.UniqueConstraint(
                fields=("user", "unit", "role"),
                condition=models.Q(valid_to__isnull=True),
                name="post_held_once_at_a_time",
            ),
            ExclusionConstraint(
                name="one_administrator_at_a_time",
                expressions=(
                    ("user", "="),
                    ("role", "<>"),
                    (
                        DaysHeld("valid_from", "valid_to", RangeBoundary(inclusive_upper=True)),
                        "&&",
                    ),
                ),
                condition=models.Q(role__in=[one.value for one in ADMINISTRATORS]),
            ),
        )


class ApiToken(models.Model):
    """A key with which a program acts in one post, for what its scopes name; only the hash of the
    key is kept. `used_on` is the last day on which it was."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    key_hash = models.BinaryField(max_length=32, unique=True)
    valid_until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    scopes = ArrayField(models.CharField(max_length=40, choices=KeyScope), default=list)
    used_on = models.DateField(null=True, blank=True)


class Allowance(models.Model):
    """How far a caller has used up their calls: the moment at which all of them are free again.

    `holder` is a key, a user or the hash of an address. What is in this table may be lost.
    """

    holder = models.CharField(max_length=80, primary_key=True)
    free_at = models.DateTimeField(db_index=True)


class SignInFailure(models.Model):
    """A failed sign-in, kept for as long as it throttles; holds hashes only."""

    id = models.BigAutoField(primary_key=True)
    login_hash = models.BinaryField(max_length=32)
    source_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("login_hash", "source_hash", "at"), name="failure_login_source"),
            models.Index(fields=("source_hash", "at"), name="failure_source"),
        )
