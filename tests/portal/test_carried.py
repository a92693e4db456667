"""Who changes language or type size on a half-typed page finds what they typed."""

import html
import re
from typing import Any

import pytest
from django.urls import reverse

from linli.kernel.forms.models import Draft

from ..world import World
from .browser import REACH, TYPED, WHAT, ask, requests, resident

pytestmark = pytest.mark.django_db
HALF = {"for_whom": "other", "words": "灯泡坏了，老人", "urgency": "fortnight"}


def action(page: Any, name: str) -> str:
    """Where the button of a choice sends what is in the form of its page."""
    body = page.content.decode()
    (tag,) = re.findall(rf'<button[^>]*name="{name}"[^>]*>', body)
    assert 'form="typed"' in tag
    assert "formnovalidate" in tag
    assert '<form method="post" id="typed"' in body
    (url,) = re.findall(r'formaction="([^"]+)"', tag)
    return html.unescape(url)


@pytest.mark.parametrize(("name", "value"), [("language", "zh-hans"), ("size", "elder")])
def test_a_half_typed_page_comes_back_with_everything_typed(
    world: World, name: str, value: str
) -> None:
    client = resident()
    page = client.get(WHAT)
    sent = client.post(action(page, name), HALF | {name: value})
    assert (sent.status_code, sent["Location"]) == (302, WHAT)
    back = client.get(WHAT)
    shown = back.content.decode()
    assert "灯泡坏了，老人" in shown
    for field in ("for_whom", "urgency"):
        assert re.search(rf'name="{field}" value="{HALF[field]}"[^>]*checked', shown), field
    assert '<html lang="zh-hans"' in shown if name == "language" else 'data-size="elder"' in shown
    # Nothing was judged, and nothing of it is a request or a draft of one.
    assert back.status_code == 200
    assert "notice--error" not in shown
    assert requests() == []


def test_it_is_kept_sealed_for_this_browser_and_page_and_shown_once(world: World) -> None:
    client, other = resident(), resident()
    url = action(client.get(WHAT), "language")
    client.post(url, HALF | {"language": "en"})
    cookie = client.cookies["linli_typed"]
    assert cookie["httponly"]
    assert not cookie["max-age"]
    assert Draft.objects.count() == 1
    assert "灯泡" not in other.get(WHAT).content.decode()
    assert "灯泡" not in client.get(WHAT.replace("care", "mind")).content.decode()
    assert "灯泡" in client.get(WHAT).content.decode()
    assert not Draft.objects.exists()
    assert "灯泡" not in client.get(WHAT).content.decode()


def test_names_and_numbers_of_the_next_step_come_along_too(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED)
    url = action(client.get("/ask/reach/"), "language")
    client.post(url, REACH | {"phone": "1390", "language": "en"})
    shown = client.get("/ask/reach/").content.decode()
    for value in ("测试甲", "1390", "三号楼"):
        assert f'value="{value}"' in shown
    assert requests() == []


def test_what_is_said_with_an_open_receipt_comes_along(world: World) -> None:
    client = resident()
    ask(client)
    url = action(client.get("/follow/add/"), "language")
    client.post(url, {"words": "还有水管", "language": "zh-hans"})
    assert "还有水管" in client.get("/follow/add/").content.decode()


def test_a_pin_is_never_kept(world: World) -> None:
    client = resident()
    url = action(client.get("/follow/"), "language")
    client.post(url, {"number": "ABCD-EFGH", "pin": "123456", "language": "zh-hans"})
    shown = client.get("/follow/").content.decode()
    assert ("ABCD-EFGH" in shown, "123456" in shown) == (True, False)


def test_the_first_button_of_a_form_is_not_a_choice(world: World) -> None:
    """Enter presses the first button of a form: it must send what was typed."""
    body = resident().get(WHAT).content.decode()
    first = re.findall(r'<button[^>]*form="typed"[^>]*>', body)[0]
    assert ("name=" in first, "formaction" in first) == (False, False)


def test_where_nothing_is_typed_nothing_is_kept(world: World) -> None:
    client = resident()
    client.post(reverse("ui:preferences"), {"language": "en", "next": "/"})
    assert "linli_typed" not in client.cookies
    assert not Draft.objects.exists()


@pytest.mark.parametrize("language", ["", "xx", "en'", "de"])
def test_a_language_we_do_not_have_changes_nothing(world: World, language: str) -> None:
    client = resident()
    answer = client.post(reverse("ui:preferences"), {"language": language, "next": "/"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "django_language" not in answer.cookies
