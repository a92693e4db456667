"""A resident's browser without JavaScript, as far as Django's client can be one."""

import html
import re
from typing import Any

from django.test import Client

from linli.intake.models import Request
from linli.kernel.scope import unscoped

from ..world import VILLAGE

WORDS = "灯泡坏了，老人一个人在家，够不着"
TYPED = {"for_whom": "other", "words": WORDS, "urgency": "week"}
REACH = {"name": "测试甲", "phone": "13900000000", "where": "三号楼"}
WHAT = f"/ask/what/?need=care&at={VILLAGE}"


def resident(*, address: str = "192.0.2.1", language: str = "en") -> Client:
    """A browser of its own at a network address."""
    return Client(REMOTE_ADDR=address, headers={"Accept-Language": language})


def text(answer: Any) -> str:
    """What the page says, tags and blanks taken out."""
    body = html.unescape(answer.content.decode())
    body = re.sub(r"(?s)<head>.*?</head>", " ", body)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def links(answer: Any) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"#]+)"', answer.content.decode())]


def ask(client: Client, **typed: str) -> Any:
    """Walk from the words to the receipt; returns the receipt page."""
    assert client.post(WHAT, TYPED | typed).status_code == 302
    reach = REACH if typed.get("for_whom") != "anonymous" else {}
    return client.post("/ask/reach/", reach, follow=True)


def codes(receipt: Any) -> tuple[str, str]:
    """Receipt number and PIN as somebody would copy them from the page."""
    number, pin = re.findall(r'receipt__code number">(.*?)</dd>', receipt.content.decode())
    return " ".join(re.findall(r"<span>(\w+)</span>", number)), pin


def requests() -> list[Request]:
    with unscoped("test"):
        return list(Request.objects.order_by("registered_at"))


def open_receipt(client: Client, number: str, pin: str) -> Any:
    return client.post("/follow/", {"number": number, "pin": pin}, follow=True)
