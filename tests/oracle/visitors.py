"""Everybody who may knock: strangers, holders of a receipt, each user, and a key for each role."""

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.ui.lists import XLSX

from .rows import Town

BACKEND = "linli.kernel.accounts.backends.PhoneBackend"
STRANGER = "anonymous"
# Requests of the group `mine` whose receipts are shown, by the state of the matter.
RECEIPTS = {"new": "registered", "serving": "serving", "done": "done", "answered": "informed"}


@dataclass(frozen=True)
class Answer:
    """What came back: its class, all its text, and what the page was made from."""

    outcome: str
    text: str
    context: Any = None
    error: str = ""


@dataclass
class Visitor:
    """Somebody with a browser or a program of their own."""

    name: str
    client: Client = field(default_factory=Client)
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, path: str, *, method: str = "GET", data: Any = None, is_json: bool = False, **headers: str
    ) -> Answer:
        """Send a request; what it changed is undone."""
        self.client.raise_request_exception = False
        sent: dict[str, Any] = {"headers": {"Accept-Language": "en", **self.headers, **headers}}
        if data is not None:
            sent["data"] = data
        if is_json:
            sent["content_type"] = "application/json"
        with transaction.atomic():
            response = getattr(self.client, method.lower())(path, **sent)
            if method != "GET":
                transaction.set_rollback(True)
        return read(response)


def read(response: Any) -> Answer:
    """The class of a response and everything readable in it."""
    context = getattr(response, "context", None)
    where = response.headers.get("Location", "")
    if response.headers.get("Content-Type", "") == XLSX:
        text = _cells(response.content)
    else:
        text = response.content.decode("utf-8", "replace")
    error = ""
    if getattr(response, "exc_info", None):
        kind, value, _trace = response.exc_info
        error = f"{kind.__name__}: {value}"
    return Answer(_outcome(response, where), f"{text}\n{where}", context, error)


def _outcome(response: Any, where: str) -> str:
    status = response.status_code
    if status in (301, 302):
        if "/sign-in/" in where:
            return "login"
        return "lost" if "X-Linli-Refused" in response.headers else "moved"
    return str(status)


def _cells(blob: bytes) -> str:
    book = CalamineWorkbook.from_filelike(BytesIO(blob))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
    return "\n".join(" ".join(str(cell) for cell in row) for row in rows)


def visitors(town: Town) -> dict[str, Visitor]:
    """Everybody, by name; in the present transaction."""
    found = {STRANGER: Visitor(STRANGER)}
    for name, state in RECEIPTS.items():
        found[f"receipt {name}"] = _holder(town, name, state)
    for name, user in town.world.users.items():
        one = Visitor(name)
        one.client.force_login(user, backend=BACKEND)
        found[name] = one
    for role in Role:
        post = Post.objects.filter(role=role, user__in=town.world.users.values()).order_by("id")[0]
        until = timezone.now() + timedelta(days=1)
        key = issue(post, name="oracle", valid_until=until)
        found[f"key {role.value}"] = Visitor(
            f"key {role.value}", headers={"Authorization": f"Bearer {key}"}
        )
    return found


def _holder(town: Town, name: str, state: str) -> Visitor:
    receipt = town.bundles["mine"].receipts[state]
    one = Visitor(f"receipt {name}")
    response = one.client.post("/follow/", {"number": receipt.number, "pin": receipt.pin})
    assert response.status_code == 302, f"the receipt was not opened: {response.status_code}"
    return one
