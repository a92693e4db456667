"""Everybody who may knock: strangers, holders of a receipt, each user, and a key for each role."""

import json
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.signals import template_rendered
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from linli.intake.models import ReceiptFailure
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.timeline.models import Event
from linli.kernel.ui.lists import XLSX

from .rows import Town

BACKEND = "linli.kernel.accounts.backends.PhoneBackend"
STRANGER, RECEIPT, KEY = "anonymous", "receipt:", "key:"
# Requests of the group `mine` whose receipts are shown, by the state of the matter.
RECEIPTS = {
    "new": "registered",
    "serving": "serving",
    "done": "done",
    "answered": "informed",
    "joined": "merged",
}


@dataclass(frozen=True)
class Answer:
    """What came back: its class, all its text, what the page was made from, why it broke, and how
    many lines the timeline grew by."""

    outcome: str
    text: str
    context: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    told: int = 0


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser or a program of their own."""

    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_user(self) -> bool:
        return not self.name.startswith((STRANGER, RECEIPT, KEY))

    @property
    def is_key(self) -> bool:
        return self.name.startswith(KEY)

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        data: dict[str, Any] | None = None,
        is_json: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request through the whole stack; what it changed is undone."""
        told = {"Accept-Language": "en", **self.headers, **(headers or {})}
        given: dict[str, Any] = {}
        if is_json and method != "GET":
            given = {"data": json.dumps(data or {}), "content_type": "application/json"}
        elif data is not None:
            given = {"data": data}
        factory = RequestFactory(headers=told)
        factory.cookies.load(self.cookies)
        request = getattr(factory, method.lower())(path, **given)
        # What cross-site forgery would need is tested elsewhere.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return _answer(request)


def respond(
    visitor: Visitor,
    path: str,
    method: str = "GET",
    *,
    data: dict[str, Any] | None = None,
    is_json: bool = False,
    checks_csrf: bool = False,
    keep: bool = False,
) -> HttpResponse:
    """The bare response to a request through the whole stack, undone unless it is to be kept."""
    factory = RequestFactory(headers={"Accept-Language": "en", **visitor.headers})
    factory.cookies.load(visitor.cookies)
    given: dict[str, Any] = {"data": data or {}} if method == "POST" else {}
    if is_json and method != "GET":
        given = {"data": json.dumps(data or {}), "content_type": "application/json"}
    request = factory.generic(method, path) if method == "TRACE" else None
    request = request or getattr(factory, method.lower())(path, **given)
    request._dont_enforce_csrf_checks = not checks_csrf  # type: ignore[attr-defined]
    with transaction.atomic():
        response = _handler().get_response(request)
        transaction.set_rollback(not keep)
    return response


# What a page was made from that the oracle asks about.
KEPT = ("table", "form", "stats", "areas")


@cache
def _handler() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def _answer(request: HttpRequest) -> Answer:
    kept: dict[str, Any] = {}
    errors: list[str] = []

    def keep(context: Any, **given: Any) -> None:
        for name in KEPT:
            if name in context:
                kept.setdefault(name, context[name])

    def broken(**given: Any) -> None:
        kind, error, _trace = sys.exc_info()
        errors.append(f"{kind.__name__ if kind else ''}: {error}")

    template_rendered.connect(keep)
    got_request_exception.connect(broken)
    try:
        with transaction.atomic():
            before = 0 if request.method == "GET" else Event.objects.count()
            response = _handler().get_response(request)
            after = 0 if request.method == "GET" else Event.objects.count()
            transaction.set_rollback(True)
    finally:
        template_rendered.disconnect(keep)
        got_request_exception.disconnect(broken)
    outcome, text = _read(response)
    return Answer(outcome, text, kept, " · ".join(errors), after - before)


def _read(response: HttpResponse) -> tuple[str, str]:
    """The class of a response and everything readable in it."""
    where = response.headers.get("Location", "")
    if response.headers.get("Content-Type", "") == XLSX:
        text = _cells(response.content)
    else:
        text = response.content.decode("utf-8", "replace")
    name = response.headers.get("Content-Disposition", "")
    return _outcome(response, where), f"{text}\n{where}\n{name}"


def _outcome(response: HttpResponse, where: str) -> str:
    """The status; of a redirect, where it leads: to the sign-in, back after a lost race, or on."""
    if response.status_code not in (301, 302):
        return str(response.status_code)
    path = urlsplit(where).path
    if path == reverse(settings.LOGIN_URL):
        return "login"
    if "X-Linli-Refused" in response.headers:
        return "lost"
    try:
        return f">{resolve(path).view_name}"
    except Resolver404:
        return f">{path}"


def _cells(blob: bytes) -> str:
    book = CalamineWorkbook.from_filelike(BytesIO(blob))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
    return "\n".join(" ".join(str(cell) for cell in row) for row in rows)


def visitors(town: Town) -> dict[str, Visitor]:
    """Everybody, by name; in the present transaction."""
    found = {STRANGER: Visitor(STRANGER)}
    # Tests that commit, and were run before, may have left wrong tries behind.
    ReceiptFailure.objects.all().delete()
    for name, state in RECEIPTS.items():
        found[f"{RECEIPT}{name}"] = Visitor(f"{RECEIPT}{name}", _shown(town, state))
    for name, user in town.world.users.items():
        client = Client()
        client.force_login(user, backend=BACKEND)
        found[name] = Visitor(name, _cookies(client))
    until = timezone.now() + timedelta(days=1)
    for role in Role:
        post = Post.objects.filter(role=role, user__in=town.world.users.values()).order_by("id")[0]
        key = issue(post, name="oracle", valid_until=until)
        name = f"{KEY}{role.value}"
        found[name] = Visitor(name, headers={"Authorization": f"Bearer {key}"})
    return found


def _shown(town: Town, state: str) -> dict[str, str]:
    """The cookies of a browser that has shown a receipt of the group `mine`."""
    receipt, client = town.bundles["mine"].receipts[state], Client()
    response = client.post("/follow/", {"number": receipt.number, "pin": receipt.pin})
    assert response.status_code == 302, f"the receipt was not opened: {response.status_code}"
    return _cookies(client)


def _cookies(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}
