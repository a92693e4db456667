"""The second step of signing in: what is asked after the password, throttled and on record."""

from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linli.kernel.accounts import throttle
from linli.kernel.accounts.factors import CODES, TOTP, take_code
from linli.kernel.accounts.models import User
from linli.kernel.timeline.record import record

from .signing import SIGN_IN, actor_before

TOO_MANY = _("Too many wrong codes. Wait a quarter of an hour and try again.")
WRONG = _("This code is wrong or was used before. Wait for the next one.")


class CodeForm(AuthenticateForm):
    """Six digits from the app, or a recovery code; each is taken once."""

    def clean_code(self) -> str:
        request, login = context.request, throttle.second_step_of(self.user)
        now = timezone.now()
        if not throttle.may_try_second(request, login, now=now):
            raise forms.ValidationError(TOO_MANY)
        code: str = self.cleaned_data["code"]
        for factor in Authenticator.objects.filter(user=self.user, type__in=(TOTP, CODES)):
            if _is_right(factor, code):
                factor.user = self.user
                self.authenticator = factor
                return code
        throttle.count_failure(request, login, now=now)
        tell_refused(request, self.user)
        raise forms.ValidationError(WRONG)


def _is_right(factor: Authenticator, code: str) -> bool:
    if factor.type == TOTP:
        return take_code(factor, code)
    return bool(factor.wrap().validate_code("".join(code.split())))


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey as the second step; what is not answered is no guess and is not counted."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except forms.ValidationError as error:
            tell_refused(context.request, self.user)
            raise forms.ValidationError(_("This passkey was not accepted. Try again.")) from error


def tell_refused(request: Any, user: User) -> None:
    record(
        actor_before(request),
        "staff.second_step_refused",
        subject_type=SIGN_IN,
        subject_id=user.pk,
    )
