"""Signing in and out as the timeline knows it: `accounts` says who somebody is, here it is told."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from linli.kernel.accounts import sessions, throttle
from linli.kernel.accounts.actors import Actor, actor_of
from linli.kernel.accounts.adapter import AccountAdapter
from linli.kernel.accounts.models import User
from linli.kernel.timeline.record import record

from .actions.users import change_own_password
from .changes import Unfit
from .queries import user_called

# Apart from what changes a user: many sign-ins must not push out a change.
SIGN_IN = "staff.sign_in"
TOO_MANY = _("Too many wrong passwords. Wait a quarter of an hour and try again.")


class SigningAdapter(AccountAdapter):
    """The account adapter that leaves a line for each sign-in, sign-out and refused sign-in."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        _tell_refused(request, str(credentials.get("username", "")))

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any
    ) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        if isinstance(user, User):
            before = actor_before(request)
            actor = actor_of(user, locale=before.locale, now=before.now)
            sessions.begin(request, now=actor.now)
            _tell_how(actor, request, user)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Who comes by passkey or from outside and is switched off is told what a stranger is."""
        messages.error(request, _("You could not be signed in this way."))
        return redirect("account_login")

    def logout(self, request: HttpRequest) -> None:
        actor = actor_before(request)
        super().logout(request)
        if actor.is_user:
            record(
                actor,
                "staff.signed_out",
                subject_type=SIGN_IN,
                subject_id=actor.user_id,
                area=actor.area,
                unit=actor.unit_id,
            )


def actor_before(request: HttpRequest) -> Actor:
    """Who the request came from, before anybody was signed in or out by it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _tell_how(actor: Actor, request: HttpRequest, user: User) -> None:
    """In which way somebody has signed in."""
    for one in reversed(get_authentication_records(request, user)):
        if one.get("method") == "socialaccount":
            provider = str(one.get("provider", ""))
            return _tell(actor, "signed_in_outside", user, provider=provider)
        if one.get("passwordless"):
            return _tell(actor, "signed_in_passkey", user)
    return _tell(actor, "signed_in", user)


def _tell(actor: Actor, verb: str, user: User, **data: str) -> None:
    record(
        actor,
        f"staff.{verb}",
        subject_type=SIGN_IN,
        subject_id=user.pk,
        area=actor.area,
        unit=actor.unit_id,
        **data,
    )


def _tell_refused(request: HttpRequest, login: str) -> None:
    """Leave a line if somebody has this login. It is written for nobody too, and taken back, so
    that the time of an answer does not tell who is known. The throttle bounds how many there are:
    what it stops is not looked at.
    """
    user = user_called(login)
    with transaction.atomic():
        record(
            actor_before(request),
            "staff.sign_in_refused",
            subject_type=SIGN_IN,
            subject_id=user.pk if user else None,
        )
        if user is None:
            transaction.set_rollback(True)


def confirm_password(request: HttpRequest, password: str) -> None:
    """Show that whoever is signed in knows the password; wrong ones count as failed sign-ins."""
    actor, login = actor_before(request), str(request.user)
    if not throttle.may_try(request, login, now=actor.now):
        raise Unfit(TOO_MANY)
    if not request.user.check_password(password):
        throttle.count_failure(request, login, now=actor.now)
        raise Unfit(_("This is not your present password."), "current")


def change_password(request: HttpRequest, *, current: str, new: str) -> None:
    """Change the password of whoever is signed in; this session goes on, their others end.

    Wrong present passwords count as failed sign-ins do, so that an open session is no way to
    guess. Raises Unfit.
    """
    actor, login = actor_before(request), str(request.user)
    if not throttle.may_try(request, login, now=actor.now):
        raise Unfit(TOO_MANY)
    try:
        user = change_own_password(actor=actor, current=current, new=new)
    except Unfit as error:
        if error.field == "current":
            throttle.count_failure(request, login, now=actor.now)
        raise
    update_session_auth_hash(request, user)
    sessions.end(user, without=sessions.handle_of(request))
