"""What security administrators do for others: sessions, second factors, identities, proposals."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.kernel.access import requires
from linli.kernel.accounts.enums import Role
from linli.kernel.staff import actions, queries
from linli.kernel.ui.pages import actor_of, form_page

from .accounts import FORM_METHODS, fitting, posted


def _to_secure(request: HttpRequest, user_id: UUID) -> Any:
    found = queries.user(actor_of(request), user_id)
    if found is None or not found.may_secure:  # type: ignore[attr-defined]
        raise Http404
    return found


def _asked(request: HttpRequest, form: Any, user_id: UUID, **more: Any) -> HttpResponse:
    return form_page(request, form, cancel_url=reverse("accounts:user", args=[user_id]), **more)


@requires("staff.secure")
@require_http_methods(FORM_METHODS)
def end_sessions(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Sign somebody out everywhere."""
    found = _to_secure(request, user_id)
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            actions.end_sessions(found, actor=actor_of(request))
            return redirect("accounts:user", user_id)
    return _asked(
        request,
        form,
        user_id,
        title=_("Sign %(name)s out everywhere") % {"name": found.name},
        submit=_("End the sessions"),
        affects=_("They are asked to sign in again. What they were writing is kept for them."),
    )


@requires("staff.secure")
@require_http_methods(FORM_METHODS)
def reset_factors(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Remove the second factor of somebody who has lost theirs."""
    found = _to_secure(request, user_id)
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            actions.reset_factors(found, actor=actor_of(request))
            return redirect("accounts:user", user_id)
    return _asked(
        request,
        form,
        user_id,
        title=_("Remove the second factor of %(name)s") % {"name": found.name},
        submit=_("Remove the second factor"),
        affects=_(
            "Their app, passkeys and recovery codes open nothing any more, and they are signed out"
            " everywhere. Make sure that it is they who ask: meet them, or call a number you know."
        ),
    )


@requires("staff.confirm")
@require_http_methods(FORM_METHODS)
def confirm_post(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Give, as the second of two, the post of an administrator."""
    found = queries.proposal(actor_of(request), proposal_id)
    if found is None:
        raise Http404
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            actions.confirm_post(found, actor=actor_of(request))
            messages.success(request, _("The post is given."))
            return redirect("accounts:user", found.user_id)
    return _asked(
        request,
        form,
        found.user_id,
        title=_("Confirm a post of %(name)s") % {"name": found.user.name},
        lead=f"{found.unit.label} · {Role(found.role).label}",
        submit=_("Confirm the post"),
        affects=_(
            "Two give a post like this one. You answer for it that this is the right person."
        ),
    )


@requires("staff.confirm")
@require_POST
def decline_post(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Refuse the post of an administrator."""
    found = queries.proposal(actor_of(request), proposal_id)
    if found is None:
        raise Http404
    actions.decline_post(found, actor=actor_of(request))
    return redirect("accounts:user", found.user_id)
