from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.hooks import actions, queries
from linli.kernel.staff.actions import Unfit
from linli.kernel.staff.queries import post as post_of
from linli.kernel.ui.pages import actor_of, form_page, page
from linli.kernel.ui.sent import posted, require_form

from .. import hooked
from ..forms import HookForm
from ..shown import post_label


def _hook(request: HttpRequest, hook_id: UUID) -> Any:
    found = queries.hook(actor_of(request), hook_id)
    if found is None:
        raise Http404
    return found


def _url(hook_id: UUID) -> str:
    return reverse("accounts:hook", args=[hook_id])


def _secret(request: HttpRequest, hook_id: UUID, secret: str, title: str) -> HttpResponse:
    """The one page that shows a secret; it is not shown again."""
    context = {
        "title": title,
        "lead": _("Messages are signed with this secret (Standard Webhooks):"),
        "secret": secret,
        "hint": _("The receiver checks the signature before it believes a message."),
        "once": _("It is shown this once. Whoever loses it makes a new one."),
        "back_url": _url(hook_id),
    }
    return page(request, "site/secret.html", context)


@requires("staff.keys")
@require_form
def new_hook(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Have an address told of what happens to rows that a post sees."""
    actor = actor_of(request)
    found = post_of(actor, post_id)
    if found is None:
        raise Http404
    form = HookForm(posted(request))
    if form.is_valid():
        try:
            made, secret = actions.register_hook(found, actor=actor, **form.cleaned_data)
            return _secret(request, made.pk, secret, _("The web hook is registered"))
        except Unfit as error:
            form.add_error(error.field, str(error))
    return form_page(
        request,
        form,
        title=_("Register a web hook"),
        lead=post_label(found),
        submit=_("Register it"),
        cancel_url=reverse("accounts:user", args=[found.user_id]),
        affects=_(
            "The address is told of what this post sees: ids and codes only, never names or words."
        ),
    )


@requires("staff.keys")
@require_safe
def hook(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """A web hook with its latest messages and what came of each try."""
    actor, found = actor_of(request), _hook(request, hook_id)
    context = {
        "title": _("Web hook"),
        "hook": found,
        "facts": hooked.facts(found),
        "state": hooked.state_of(found),
        "verbs": hooked.verbs(found),
        "deliveries": hooked.deliveries(queries.deliveries(found), found, actor),
        "events": hooked.history(found, actor),
        "user_url": reverse("accounts:user", args=[found.post.user_id]),
    }
    return page(request, "site/hook.html", context)


@requires("staff.keys")
@require_form
def rotate_hook(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """Make a new secret."""
    found = _hook(request, hook_id)
    form = forms.Form(posted(request))
    if form.is_valid():
        secret = actions.rotate_secret(found, actor=actor_of(request))
        return _secret(request, hook_id, secret, _("The new secret"))
    return form_page(
        request,
        form,
        title=_("Make a new secret"),
        lead=found.url,
        submit=_("Make a new secret"),
        cancel_url=_url(hook_id),
        affects=_("For a day messages are signed with both, so that the receiver can change over."),
    )


@requires("staff.keys")
@require_form
def remove_hook(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """Tell an address nothing any more."""
    found = _hook(request, hook_id)
    form = forms.Form(posted(request))
    if form.is_valid():
        actions.remove_hook(found, actor=actor_of(request))
        return redirect("accounts:hook", hook_id)
    return form_page(
        request,
        form,
        title=_("Remove the web hook"),
        lead=found.url,
        submit=_("Remove"),
        cancel_url=_url(hook_id),
        affects=_("The address is told nothing any more, of what still waits neither."),
    )


@requires("staff.keys")
@require_POST
def send_again(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Send a message once more."""
    actor = actor_of(request)
    found = queries.delivery(actor, delivery_id)
    if found is None:
        raise Http404
    actions.send_again(found, actor=actor)
    return redirect("accounts:hook", found.hook_id)
