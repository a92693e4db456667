"""What everybody looks after themself: second factors, where they are signed in, identities."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import segno
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.socialaccount.providers.base import AuthProcess
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.accounts import factors, sessions
from linli.kernel.accounts.models import User
from linli.kernel.flow.machine import Refused
from linli.kernel.staff import actions, outside, queries
from linli.kernel.staff.signing import confirm_password
from linli.kernel.ui.pages import actor_of, form_page, page

from .. import own
from ..factors import must_set_up
from ..forms import AppForm, ConfirmForm, PasskeyNameForm
from .accounts import FORM_METHODS, fitting, next_of, posted

# Whoever sits down at an open session must not take it over for good.
FRESH_SECONDS = 15 * 60
SECRET = "app_secret"  # noqa: S105 - where it is kept

NOT_ACCEPTED = gettext_lazy("This passkey was not accepted. Try again.")

View = Callable[..., HttpResponse]


def _user(request: HttpRequest) -> User:
    return queries.oneself(actor_of(request))


def is_fresh(request: HttpRequest) -> bool:
    """Whether the password or a factor was shown a short while ago."""
    records = get_authentication_records(request, _user(request))
    return any(time.time() - float(one.get("at", 0)) < FRESH_SECONDS for one in records)


def fresh(view: View) -> View:
    """Ask for the password again where a session has stood open for a while."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_fresh(request):
            return view(request, *args, **kwargs)
        back = request.path if request.method == "GET" else reverse("accounts:factors")
        return redirect(f"{reverse('accounts:confirm')}?next={back}")

    return asked


@requires("staff.own_factors")
@sensitive_post_parameters()
@require_http_methods(FORM_METHODS)
def confirm(request: HttpRequest) -> HttpResponse:
    """Show once more that it is oneself who sits here."""
    form = ConfirmForm(posted(request))
    if form.is_valid():
        with fitting(form):
            confirm_password(request, form.cleaned_data["current_password"])
            record_authentication(request, _user(request), "password", reauthenticated=True)
            return redirect(next_of(request))
    return form_page(
        request,
        form,
        title=_("Is it you?"),
        lead=_("You signed in a while ago. Before this is changed, show that it is you."),
        submit=_("Go on"),
        cancel_url="" if must_set_up(request) else reverse("site:home"),
        template="site/first_factor.html" if must_set_up(request) else "ui/form_page.html",
    )


@requires("staff.own_factors")
@require_safe
def second_factors(request: HttpRequest) -> HttpResponse:
    """One's second factors, and what can be done with them."""
    must = must_set_up(request)
    user = _user(request)
    context = {
        "title": _("Set up a second factor") if must else _("My second factor"),
        "must": must,
        # Signed in before it was set up elsewhere: only a sign-in can show it.
        "is_elsewhere": must and factors.has_factor(user),
        "factors": own.factor_rows(user, actor_of(request)),
        "has_app": own.has_app(user),
        "codes_left": own.codes_left(user),
    }
    return page(request, "site/first_factor.html" if must else "site/second_factors.html", context)


def _proved(request: HttpRequest, kind: str) -> None:
    """The factor that was just set up was shown as well."""
    record_authentication(request, _user(request), "mfa", type=kind)


def _done(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Recovery codes where there were none, shown this once; else back to the list."""
    if not codes:
        return redirect("accounts:factors")
    return page(
        request,
        "site/codes.html",
        {"title": _("Your recovery codes"), "codes": codes, "back_url": next_of(request)},
    )


def _pending_secret(request: HttpRequest) -> str:
    """The secret on its way into an app; sealed, as it is once the app is set up."""
    if SECRET not in request.session:
        request.session[SECRET] = factors.FactorAdapter().encrypt(own.new_secret())
    return factors.FactorAdapter().decrypt(request.session[SECRET])


@requires("staff.own_factors")
@require_http_methods(FORM_METHODS)
@fresh
def add_app(request: HttpRequest) -> HttpResponse:
    """Set up codes from an app: it reads a picture, and shows its first code."""
    user = _user(request)
    if must_set_up(request) and factors.has_factor(user):
        raise Http404
    secret = _pending_secret(request)
    form = AppForm(posted(request))
    if form.is_valid():
        with fitting(form):
            codes = actions.add_app(
                actor=actor_of(request), secret=secret, code=form.cleaned_data["code"]
            )
            del request.session[SECRET]
            _proved(request, factors.TOTP.value)
            return _done(request, codes)
    address = get_adapter().build_totp_url(user, secret)
    return form_page(
        request,
        form,
        title=_("Codes from an app"),
        submit=_("Set up the app"),
        template="site/add_app.html",
        picture=segno.make(address, error="m").svg_data_uri(scale=5, border=3),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        must=must_set_up(request),
        cancel_url=reverse("accounts:factors"),
    )


@requires("staff.own_factors")
@require_http_methods(FORM_METHODS)
@fresh
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Set up a passkey, with which one can also sign in alone."""
    user = _user(request)
    if must_set_up(request) and factors.has_factor(user):
        raise Http404
    form = PasskeyNameForm(posted(request))
    if form.is_valid():
        with fitting(form):
            given = form.cleaned_data
            _check_passkey(given["credential"])
            codes = actions.add_passkey(
                actor=actor_of(request), name=given["name"], credential=given["credential"]
            )
            _proved(request, factors.PASSKEY.value)
            return _done(request, codes)
    options = passkeys.begin_registration(user, True)
    return form_page(
        request,
        form,
        title=_("A passkey"),
        submit=_("Set up a passkey"),
        template="site/add_passkey.html",
        options=own.as_json(options),
        must=must_set_up(request),
        cancel_url=reverse("accounts:factors"),
    )


def _check_passkey(credential: Any) -> None:
    """Raises Unfit for what the browser did not make for us, just now, for somebody verified."""
    try:
        passkeys.parse_registration_response(credential)
        made = passkeys.complete_registration(credential)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise actions.Unfit(NOT_ACCEPTED) from error
    if not made.is_user_verified():
        raise actions.Unfit(NOT_ACCEPTED)


@requires("staff.own_factors")
@require_POST
@fresh
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes anew."""
    try:
        return _done(request, actions.new_codes(actor=actor_of(request)))
    except actions.Unfit as error:
        messages.error(request, str(error))
        return redirect("accounts:factors")


@requires("staff.own_factors")
@require_http_methods(FORM_METHODS)
@fresh
def remove_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Remove the app or a passkey."""
    actor = actor_of(request)
    row = next(
        (one for one in own.factor_rows(_user(request), actor) if one["id"] == factor_id), None
    )
    if row is None:
        raise Http404
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            actions.remove_factor(factor_id, actor=actor)
            return redirect("accounts:factors")
    return form_page(
        request,
        form,
        title=_("Remove “%(name)s”") % {"name": row["name"]},
        submit=_("Remove"),
        affects=_("It opens nothing from now on."),
        cancel_url=reverse("accounts:factors"),
    )


@requires("staff.own_sessions")
@require_safe
def my_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    actor, user = actor_of(request), _user(request)
    context = {
        "title": _("Where I am signed in"),
        "rows": own.session_rows(user, actor, present=sessions.handle_of(request)),
        "limits": own.limits(),
    }
    return page(request, "site/sessions.html", context)


@requires("staff.own_sessions")
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one of one's other sessions, or all of them."""
    chosen = request.POST.get("session", "")
    try:
        handle = UUID(chosen) if chosen else None
    except ValueError as error:
        raise Http404 from error
    present = sessions.handle_of(request)
    gone = actions.end_own_sessions(actor=actor_of(request), present=present, handle=handle)
    told = (
        _("Ended. Whoever sat there is asked to sign in.") if gone else _("It had ended already.")
    )
    messages.success(request, told)
    return redirect("accounts:sessions")


@requires("staff.own_identities")
@require_safe
def identities(request: HttpRequest) -> HttpResponse:
    """The providers outside through which one can sign in."""
    held = dict(outside.identities_of(_user(request)))
    rows = [
        {"provider": one, "name": name, "is_connected": one in held}
        for one, name in (dict(outside.offered()) | held).items()
    ]
    return page(request, "site/identities.html", {"title": _("Sign in through"), "rows": rows})


@requires("staff.own_identities")
@require_POST
@fresh
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """Go to a provider, to connect what one is there."""
    where = outside.start(request, provider, process=AuthProcess.CONNECT)
    return page(request, "site/leaving.html", {"title": outside.label_of(provider), "url": where})


@requires("staff.own_identities")
@require_POST
@fresh
def disconnect(request: HttpRequest, provider: str) -> HttpResponse:
    """No longer sign in through a provider."""
    try:
        actions.disconnect_identity(
            _user(request), actor=actor_of(request), provider=outside.kept_as(provider)
        )
    except Refused as error:
        raise Http404 from error
    return redirect("accounts:identities")
