from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.hooks.queries import hooks_of
from linli.kernel.staff import actions, outside, queries
from linli.kernel.staff.models import Proposal
from linli.kernel.staff.signing import change_password
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import actor_of, form_page, page

from .. import hooked, own, shown
from ..forms import EditForm, EndPostForm, KeyForm, OwnPasswordForm, PostForm, RegisterForm
from ..passwords import is_told, must_choose
from ..tables.users import USERS

FORM_METHODS = ["GET", "HEAD", "POST"]
# What an action calls a fact that the form calls otherwise.
FIELDS = {"current": "current_password", "new": "new_password"}


def posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@contextmanager
def fitting(form: forms.Form) -> Iterator[None]:
    """What an action finds unfit stands at the field it is about; nothing typed is lost."""
    try:
        yield
    except actions.Unfit as error:
        field = FIELDS.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, str(error))


def _user(request: HttpRequest, user_id: UUID, *, to: str = "") -> Any:
    """A user, with whom the administrator may do what is named (`manage`, `secure`)."""
    found = queries.user(actor_of(request), user_id)
    if found is None or (to and not getattr(found, f"may_{to}")):
        raise Http404
    return found


def _post(request: HttpRequest, post_id: UUID) -> Any:
    found = queries.post(actor_of(request), post_id)
    if found is None:
        raise Http404
    return found


def _form(request: HttpRequest, form: Any, user_id: UUID, **more: Any) -> HttpResponse:
    cancel = reverse("accounts:user", args=[user_id])
    return form_page(request, form, cancel_url=cancel, **more)


def _secret(request: HttpRequest, *, user_id: UUID, secret: str, **more: Any) -> HttpResponse:
    """The one page that shows a password or key; it is kept nowhere and not shown again."""
    context = {"secret": secret, "back_url": reverse("accounts:user", args=[user_id]), **more}
    return page(request, "site/secret.html", context)


@requires("staff.view")
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Everybody who holds or held a post in the administrator's area."""
    return list_page(request, USERS)


@requires("staff.view")
@require_safe
def user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Who somebody is, their posts and keys, and what has happened to them."""
    actor, found = actor_of(request), _user(request, user_id)
    posts = queries.posts_of(actor, [user_id])
    keys = queries.keys_of(actor, [one.pk for one in posts])
    context = {
        "title": found.name,
        "state": shown.state_of(found),
        "facts": shown.facts(found, actor),
        "verbs": shown.verbs(found, actor),
        # Not "posts": those of the frame are whoever looks.
        "their_posts": shown.post_rows(posts, found, actor),
        "keys": shown.key_rows(keys, actor),
        "hooks": hooked.rows(hooks_of(actor, [one.pk for one in posts])),
        "events": shown.history(found, posts, keys, actor),
        "sign_ins": shown.sign_ins(found, actor),
        "proposals": shown.proposal_rows(actor, user_id),
        "sessions": own.session_rows(found, actor) if found.may_secure else [],
        "identities": outside.identities_of(found) if found.may_secure else [],
        "is_partly_elsewhere": shown.is_partly_elsewhere(found, actor),
    }
    return page(request, "site/user.html", context)


@requires("staff.register")
@require_http_methods(FORM_METHODS)
def new(request: HttpRequest) -> HttpResponse:
    """Register somebody with a first post, and show the password they are told."""
    actor = actor_of(request)
    form = RegisterForm(posted(request), actor=actor)
    if form.is_valid():
        given = form.cleaned_data
        named = {name: given[name] for name in ("username", "name", "phone")}
        with fitting(form):
            made = actions.register_user(actor=actor, **named, **form.post())
            return _secret(
                request,
                user_id=made.user.pk,
                secret=made.password,
                title=_("%(name)s can sign in") % {"name": made.user.name},
                lead=_("With the user name %(username)s and this password:")
                % {"username": made.user.username},
                hint=_("At the first sign-in they choose a password of their own."),
            )
    return form_page(
        request,
        form,
        title=_("Register a user"),
        submit=_("Register the user"),
        template="site/account_form.html",
        cancel_url=reverse("accounts:list"),
    )


@requires("staff.manage")
@require_http_methods(FORM_METHODS)
def edit(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Change somebody's name or the number they sign in with."""
    found = _user(request, user_id, to="manage")
    form = EditForm(posted(request), user=found)
    if form.is_valid():
        with fitting(form):
            actions.edit_user(found, actor=actor_of(request), **form.cleaned_data)
            return redirect("accounts:user", user_id)
    title = _("Change name or number of %(name)s") % {"name": found.name}
    return _form(request, form, user_id, title=title, submit=_("Save"))


@requires("staff.secure")
@require_http_methods(FORM_METHODS)
def password(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Make a new password for somebody who has lost theirs."""
    found = _user(request, user_id, to="secure")
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            made = actions.give_new_password(found, actor=actor_of(request))
            return _secret(
                request,
                user_id=user_id,
                secret=made,
                title=_("New password of %(name)s") % {"name": found.name},
                lead=_("Tell them in person or by phone:"),
                hint=_("At the next sign-in they choose a password of their own."),
            )
    return _form(
        request,
        form,
        user_id,
        title=_("Give %(name)s a new password") % {"name": found.name},
        submit=_("Make a password"),
        affects=_("They are signed out everywhere. Make sure that it is they who ask."),
    )


@requires("staff.secure")
@require_http_methods(FORM_METHODS)
def deactivate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Switch a user off."""
    found = _user(request, user_id, to="secure")
    form = forms.Form(posted(request))
    if form.is_valid():
        with fitting(form):
            actions.deactivate_user(found, actor=actor_of(request))
            return redirect("accounts:user", user_id)
    affects = _(
        "They are signed out everywhere and their keys are refused. What was theirs to do is"
        " handed on. Their posts and everything they recorded stay."
    )
    title = _("Switch %(name)s off") % {"name": found.name}
    return _form(request, form, user_id, title=title, submit=_("Switch off"), affects=affects)


@requires("staff.secure")
@require_POST
def activate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Switch a user on again."""
    found = _user(request, user_id, to="secure")
    actions.reactivate_user(found, actor=actor_of(request))
    return redirect("accounts:user", user_id)


@requires("staff.appoint")
@require_http_methods(FORM_METHODS)
def new_post(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give somebody a further post in the administrator's area."""
    actor, found = actor_of(request), _user(request, user_id)
    form = PostForm(posted(request), actor=actor)
    if form.is_valid():
        with fitting(form):
            made = actions.open_post(found, actor=actor, **form.post())
            if isinstance(made, Proposal):
                messages.info(request, shown.WAITS)
            return redirect("accounts:user", user_id)
    title = _("Give %(name)s a post") % {"name": found.name}
    template = "site/account_form.html"
    return _form(request, form, user_id, title=title, submit=_("Give the post"), template=template)


@requires("staff.end_post")
@require_http_methods(FORM_METHODS)
def end_post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """End a post with a last day."""
    actor, found = actor_of(request), _post(request, post_id)
    form = EndPostForm(posted(request), actor=actor)
    if form.is_valid():
        with fitting(form):
            actions.end_post(found, actor=actor, last_day=form.cleaned_data["last_day"])
            return redirect("accounts:user", found.user_id)
    return _form(
        request,
        form,
        found.user_id,
        title=_("End a post of %(name)s") % {"name": found.user.name},
        lead=shown.post_label(found),
        submit=_("End the post"),
        affects=_(
            "After the last day they see nothing in this post, its keys are refused, and what was"
            " theirs to do is handed on. What they recorded stays."
        ),
    )


@requires("staff.keys")
@require_http_methods(FORM_METHODS)
def new_key(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Issue a key with which a program acts in a post."""
    actor, found = actor_of(request), _post(request, post_id)
    form = KeyForm(posted(request))
    if form.is_valid():
        until = actor.now + timedelta(days=form.cleaned_data["days"])
        with fitting(form):
            made = actions.issue_key(
                found,
                actor=actor,
                name=form.cleaned_data["name"],
                valid_until=until,
                scopes=form.cleaned_data["scopes"],
            )
            return _secret(
                request,
                user_id=found.user_id,
                secret=made,
                title=_("The key is issued"),
                lead=shown.post_label(found),
                hint=_("The program sends it as “Authorization: Bearer …”."),
            )
    return _form(
        request,
        form,
        found.user_id,
        title=_("Issue a key for %(name)s") % {"name": found.user.name},
        lead=shown.post_label(found),
        submit=_("Issue the key"),
        affects=_(
            "The program sees and does what this post may; everything is on record as theirs."
        ),
    )


@requires("staff.keys")
@require_http_methods(FORM_METHODS)
def revoke_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Revoke a key."""
    actor = actor_of(request)
    found = queries.key(actor, key_id)
    if found is None:
        raise Http404
    form = forms.Form(posted(request))
    if form.is_valid():
        actions.revoke_key(found, actor=actor)
        return redirect("accounts:user", found.post.user_id)
    title = _("Revoke the key “%(name)s”") % {"name": found.name}
    affects = _("The program that has it is refused from the next call on.")
    return _form(
        request, form, found.post.user_id, title=title, submit=_("Revoke"), affects=affects
    )


@requires("staff.own_password")
@sensitive_post_parameters()
@require_http_methods(FORM_METHODS)
def own_password(request: HttpRequest) -> HttpResponse:
    """Choose a new password: because one wants to, or because somebody else knows the present."""
    form = OwnPasswordForm(posted(request))
    if form.is_valid():
        given = form.cleaned_data
        with fitting(form):
            change_password(request, current=given["current_password"], new=given["new_password"])
            messages.success(
                request, _("Your password is changed. Your other sessions have ended.")
            )
            return redirect(next_of(request))
    must = must_choose(request)
    return form_page(
        request,
        form,
        title=_("Choose a new password") if must else _("Change my password"),
        submit=_("Change the password"),
        template="site/choose_password.html" if must else "ui/form_page.html",
        is_old=must and not is_told(request),
        cancel_url="" if must else reverse("site:home"),
    )


def next_of(request: HttpRequest) -> str:
    """The page of the desk that somebody was led away from."""
    home, where = reverse("site:home"), request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(where, {request.get_host()})
    return where if is_ours and where.startswith(home) else home
