"""Ways in beside the password: a passkey alone, and providers outside."""

from typing import Any

from allauth.account.models import Login
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal import flows
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import public
from linli.kernel.staff import outside
from linli.kernel.ui.pages import page

from .. import own

signing = public("signing in and out")


@signing
@never_cache
@require_http_methods(["GET", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone: it shows itself that its owner is there.

    A wrong one is no guess at anything and is not counted, so that nobody's wrong passwords keep
    its owner out.
    """
    if request.user.is_authenticated:
        return redirect("site:home")
    if request.method == "GET":
        options = own.as_json(passkeys.begin_authentication(user=None))
        return HttpResponse(options, content_type="application/json")
    form = LoginWebAuthnForm(data=request.POST)
    if not _is_valid(form):
        messages.error(request, _("This passkey is not known here, or was not completed."))
        return redirect("account_login")
    factor = form.cleaned_data["credential"]
    login = Login(user=factor.user, redirect_url=None)
    answer: HttpResponse = flows.perform_passwordless_login(request, factor, login)
    return answer


@signing
@never_cache
@require_POST
def start_over(request: HttpRequest) -> HttpResponse:
    """Leave a sign-in that is half done, for somebody else to begin theirs."""
    if not request.user.is_authenticated:
        request.session.flush()
    return redirect("account_login")


def _is_valid(form: Any) -> bool:
    try:
        return bool(form.is_valid())
    except (AttributeError, KeyError, TypeError, ValueError):
        # What was sent has not the shape of a browser's answer.
        return False


@signing
@never_cache
@require_POST
def with_provider(request: HttpRequest, provider: str) -> HttpResponse:
    """Go to a provider, to sign in as who one is there."""
    next_url = request.POST.get("next", "")
    where = outside.start(request, provider, process=AuthProcess.LOGIN, next_url=next_url)
    return page(request, "site/leaving.html", {"title": outside.label_of(provider), "url": where})


@signing
@never_cache
@require_safe
def back_from(request: HttpRequest, provider: str, provider_id: str = "") -> HttpResponse:
    """Somebody comes back from a provider."""
    return outside.finish(request, provider)
