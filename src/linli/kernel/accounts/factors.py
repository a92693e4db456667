"""Second factors: codes from an app, passkeys and recovery codes, kept by django-allauth.

Their secrets are sealed with our keys. A code counts once: the number of its half-minute is kept
with the app, and only a later one is taken, whichever process asks.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest

from linli.kernel.crypto.holders import Holder, enter
from linli.kernel.crypto.sealing import key_of, newest_key, seal, unseal

from .enums import ADMINISTRATORS
from .models import User

PURPOSE = "accounts.factor"
# What allauth has us encrypt, by its place in `data`.
SEALED = ("secret", "seed")
TOTP, PASSKEY, CODES = (
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
    Authenticator.Type.RECOVERY_CODES,
)
FIRST = (TOTP, PASSKEY)


class FactorAdapter(DefaultMFAAdapter):
    """allauth's second factors with our seal and our users' names."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text, purpose=PURPOSE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), purpose=PURPOSE)

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        told: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return told | {"display_name": str(getattr(user, "name", user))}


def factors_of(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))


def has_factor(user: User) -> bool:
    """Whether somebody has set up a second factor (recovery codes alone are none)."""
    return bool(Authenticator.objects.filter(user=user, type__in=FIRST).exists())


def must_have_factor(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles may work with a second factor only."""
    policy = settings.LINLI_SECOND_FACTOR
    if policy == "administrators":
        return any(role in ADMINISTRATORS for role in roles)
    return bool(policy == "everybody")


def has_proved(request: HttpRequest) -> bool:
    """Whether a second factor was shown in this session."""
    user = getattr(request, "user", None)
    records = get_authentication_records(request, user)
    return any(one.get("method") == "mfa" for one in records)


@transaction.atomic
def take_code(factor: Authenticator, code: str) -> bool:
    """Whether a code from the app is right and has not been used, nor any later one."""
    held = Authenticator.objects.select_for_update().get(pk=factor.pk)
    secret = FactorAdapter().decrypt(held.data["secret"])
    step = step_of(secret, code)
    if step is None or step <= held.data.get("last_step", 0):
        return False
    held.data["last_step"] = step
    held.save(update_fields=("data",))
    return True


def step_of(secret: str, code: str) -> int | None:
    """The half-minute to which a code belongs, of those that are near enough."""
    typed = "".join(code.split())
    for step in totp.yield_hotp_counters_from_time():
        if totp.compare_user_code(
            actual=typed, expected=totp.format_hotp_value(totp.hotp_value(secret, step))
        ):
            return int(step)
    return None


def sealed_values() -> Iterator[bytes]:
    """Every sealed secret of every factor."""
    for data in Authenticator.objects.values_list("data", flat=True):
        yield from (base64.b64decode(data[name]) for name in SEALED if name in data)


def reseal_factors() -> int:
    """Seal again what older keys have sealed."""
    adapter, newest, count = FactorAdapter(), newest_key(), 0
    for factor in Authenticator.objects.select_for_update().order_by("pk"):
        names = [name for name in SEALED if name in factor.data]
        older = [name for name in names if key_of(base64.b64decode(factor.data[name])) != newest]
        for name in older:
            factor.data[name] = adapter.encrypt(adapter.decrypt(factor.data[name]))
        if older:
            factor.save(update_fields=("data",))
        count += len(older)
    return count


enter(Holder("accounts.factors", sealed_values, reseal_factors))
