"""Signing in and out as the timeline knows it: `accounts` says who somebody is, here it is told."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from linli.kernel.accounts import throttle
from linli.kernel.accounts.actors import Actor, actor_of
from linli.kernel.accounts.adapter import AccountAdapter
from linli.kernel.accounts.models import User
from linli.kernel.timeline.record import record

from .actions import Unfit, change_own_password
from .queries import user_called

# Apart from what changes a user: many sign-ins must not push out a change.
SIGN_IN = "staff.sign_in"


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
            before = _actor(request)
            actor = actor_of(user, locale=before.locale, now=before.now)
            record(
                actor,
                "staff.signed_in",
                subject_type=SIGN_IN,
                subject_id=user.pk,
                area=actor.area,
                unit=actor.unit_id,
            )
        return response

    def logout(self, request: HttpRequest) -> None:
        actor = _actor(request)
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


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _tell_refused(request: HttpRequest, login: str) -> None:
    """Leave a line if somebody has this login. It is written for nobody too, and taken back, so
    that the time of an answer does not tell who is known. The throttle bounds how many there are:
    what it stops is not looked at.
    """
    user = user_called(login)
    with transaction.atomic():
        record(
            _actor(request),
            "staff.sign_in_refused",
            subject_type=SIGN_IN,
            subject_id=user.pk if user else None,
        )
        if user is None:
            transaction.set_rollback(True)


def change_password(request: HttpRequest, *, current: str, new: str) -> None:
    """Change the password of whoever is signed in; this session goes on, their others end.

    Wrong present passwords count as failed sign-ins do, so that an open session is no way to
    guess. Raises Unfit.
    """
    actor, login = _actor(request), str(request.user)
    if not throttle.may_try(request, login, now=actor.now):
        raise Unfit(_("Too many wrong passwords. Wait a quarter of an hour and try again."))
    try:
        user = change_own_password(actor=actor, current=current, new=new)
    except Unfit as error:
        if error.field == "current":
            throttle.count_failure(request, login, now=actor.now)
        raise
    update_session_auth_hash(request, user)
