"""What is true of every public page: no script, small, both languages, no door left unnamed."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from linli.portal import urls

from ..world import TOWNSHIP, VILLAGE, World
from .browser import TYPED, WHAT, ask, resident, text

pytestmark = pytest.mark.django_db
HTML_AT_MOST, FIRST_VISIT_AT_MOST = 14_000, 60_000
BEFORE = [
    "/",
    f"/?at={VILLAGE}",
    "/ask/where/?need=care",
    "/ask/where/?need=care&at=0",
    f"/ask/where/?need=care&at={TOWNSHIP}",
    "/ask/where/?need=care&q=kaiyuan",
    "/ask/where/?need=care&q=%00%27nowhere",
    "/ask/where/?need=care&at=350504000000",
    WHAT,
    "/follow/",
    "/stations/",
    f"/stations/?at={VILLAGE}",
    "/stations/?at=350504000000",
    "/privacy/",
]
AFTER = ["/ask/receipt/", "/follow/status/", "/follow/add/", "/follow/withdraw/"]


def pages(language: str) -> dict[str, Any]:
    """Every page of the portal, each in a browser that has come that far."""
    client = resident(language=language)
    found = {url: client.get(url) for url in BEFORE}
    client.post(WHAT, TYPED)
    found["/ask/reach/"] = client.get("/ask/reach/")
    ask(client)
    return found | {url: client.get(url) for url in AFTER}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_works_in_both_languages(world: World, language: str) -> None:
    for url, answer in pages(language).items():
        assert answer.status_code == 200, url
        assert f'<html lang="{language}"' in answer.content.decode()


def test_no_page_has_a_script_or_anything_inline(world: World) -> None:
    for url, answer in pages("en").items():
        body = answer.content.decode()
        assert "<script" not in body, url
        assert not re.search(r"\s(style|on[a-z]+|hx-[a-z]+)=", body), url
        assert not re.search(r'(src|href)="(https?:)?//', body), url


def test_pages_are_small(world: World) -> None:
    for url, answer in pages("zh-hans").items():
        assert len(gzip.compress(answer.content)) <= HTML_AT_MOST, url


def test_a_first_visit_weighs_at_most_sixty_kilobytes(world: World) -> None:
    answer = resident(language="zh-hans").get("/")
    body = answer.content.decode()
    files = set(re.findall(r'href="/static/([^"#]+)', body))
    weights = {one: _weight(Path(settings.STATIC_ROOT) / one) for one in files}
    assert any(one.endswith(".css") for one in weights)
    assert len(gzip.compress(answer.content)) + sum(weights.values()) <= FIRST_VISIT_AT_MOST


def _weight(path: Path) -> int:
    """Bytes on the wire: what the server keeps compressed beside the file, or the file itself."""
    packed = path.with_name(path.name + ".gz")
    return (packed if packed.exists() else path).stat().st_size


@pytest.mark.parametrize("url", ["/", WHAT, f"/ask/where/?need=care&at={TOWNSHIP}", "/follow/"])
def test_language_and_larger_type_work_without_javascript(world: World, url: str) -> None:
    client = resident(language="zh-hans")
    body = client.get(url).content.decode()
    assert f'action="{reverse("ui:preferences")}' in body
    assert 'name="language" value="en"' in body
    assert 'name="size" value="elder"' in body
    spoken = client.post(reverse("ui:preferences"), {"language": "en", "next": url}, follow=True)
    assert '<html lang="en"' in spoken.content.decode()
    larger = client.post(reverse("ui:preferences"), {"size": "elder", "next": url}, follow=True)
    assert larger.redirect_chain == [(url, 302)]
    assert 'data-size="elder"' in larger.content.decode()


def test_every_view_says_why_it_is_public() -> None:
    for pattern in urls.urlpatterns:
        assert getattr(pattern.callback, "public_reason", ""), pattern.name


def test_every_page_can_be_read_with_few_queries(
    world: World, django_assert_max_num_queries: Any
) -> None:
    client = resident()
    client.get("/")
    for url, most in {"/": 8, f"/ask/where/?need=care&at={TOWNSHIP}": 16, WHAT: 24}.items():
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


def test_nobody_is_given_a_session_for_looking(world: World) -> None:
    client = Client()
    for url in BEFORE:
        client.get(url)
    assert set(client.cookies) <= {"csrftoken"}


def test_the_sign_in_page_says_what_it_wants_and_offers_no_sign_up(world: World) -> None:
    page = resident().get(reverse("account_login"))
    told = text(page)
    assert "User name or mobile number" in told
    assert "Your administrator gives you a new one." in told
    assert "sign up" not in told.lower()
    wrong = resident().post(reverse("account_login"), {"login": "head", "password": "wrong"})
    assert 'value="head"' in wrong.content.decode()
    assert 'role="alert"' in wrong.content.decode()


def test_the_first_page_is_the_portal() -> None:
    assert get_resolver().resolve("/").view_name == "portal:start"
