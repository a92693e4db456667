import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from linli.dispatch.enums import OrderState
from linli.intake.models import Request
from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.accounts.models import Post
from linli.lib.receipts import grouped

from ..passwords import DEMONSTRATION as PASSWORD
from .steps import Script
from .texts import data

__all__ = ["PASSWORD", "PIN", "lines_kept", "lines_made", "who_can_sign_in"]

PIN = "271828"
GAP = 2


def lines_made(script: Script) -> list[str]:
    """What was made, and who can sign in."""
    steps = list(script.steps())
    sites = [one.facts["kind"].value for one in script.network if one.verb == "directory.open_site"]
    verbs = [one.verb for one in steps]
    numbers = {
        "centres": sites.count("centre"),
        "stations": sites.count("station"),
        "rooms": sites.count("room"),
        "persons": verbs.count("people.register_person"),
        "households": len(script.people),
        "requests": verbs.count("intake.register_request"),
        "services": verbs.count("services.record_service") + verbs.count("dispatch.serve_order"),
    }
    return [*told("made", **numbers), *who_can_sign_in()]


def lines_kept(made_at: datetime) -> list[str]:
    """That an old demonstration stands, and who can sign in."""
    day = made_at.astimezone(SHANGHAI).date()
    age = (timezone.now().astimezone(SHANGHAI).date() - day).days
    return [*told("kept", day=day, age=age), *who_can_sign_in()]


def who_can_sign_in() -> list[str]:
    """A table of one user for each role, their password, and a receipt for a resident."""
    accounts: list[dict[str, str]] = data("network")["accounts"]
    posts = Post.objects.filter(user__username__in=[one["user"] for one in accounts])
    units = {
        post.user.username: post.unit.zh
        for post in posts.select_related("user", "unit").order_by("-valid_from", "-id")
    }
    rows = [(one["user"], one["zh"], one["en"], units.get(one["user"], "")) for one in accounts]
    return ["", *told("password", password=PASSWORD), "", *aligned(rows), "", *_receipt()]


def _receipt() -> list[str]:
    served = Request._base_manager.filter(
        order__worker__username="shegong", order__state=OrderState.SERVING
    )
    found = served.order_by("-registered_at").first()
    return told("receipt", number=grouped(found.number), pin=PIN) if found else []


def told(name: str, **values: Any) -> list[str]:
    """A sentence in Chinese and in English."""
    lines: list[str] = data("network")["told"][name]
    return [one.format(**values) for one in lines]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side; a Chinese character is two letters wide."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "".join(
            cell + " " * (room - width(cell) + GAP) for cell, room in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def width(text: str) -> int:
    """How many letters wide a text is in a terminal."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
