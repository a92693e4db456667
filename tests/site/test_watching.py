"""Every request has a number and a line of log, and nothing a person typed is in any line."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client, RequestFactory

from linli.lib.logs import DayFile, Formatter
from linli.lib.postgres.outage import Outage, outage
from linli.site import errors
from linli.site.home import Home
from linli.site.metrics import TOKEN

from ..people.hands import signed_in
from ..world import World

CANARIES = 1000


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """The folder where everything is logged that would be, debugging lines too."""
    handler = DayFile(str(tmp_path / "log"))
    handler.setFormatter(Formatter())
    root, was = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield tmp_path / "log"
    root.removeHandler(handler)
    root.setLevel(was)
    handler.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(text)
        for path in sorted(folder.glob("*"))
        for text in path.read_text().splitlines()
    ]


def requests(folder: Path) -> list[dict[str, Any]]:
    return [one for one in lines(folder) if one["logger"] == "linli.request"]


def canaries() -> list[tuple[str, str, str]]:
    """An id number, a phone and a name each, none of which is anybody's."""
    return [
        (f"35050219{900101 + at:06d}{at % 1000:03d}X", f"1390{at:07d}", f"假名{at:04d}号")
        for at in range(CANARIES)
    ]


def test_a_thousand_numbers_phones_and_names_are_in_no_line(
    world: World, logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, public = signed_in(world, "worker"), Client()
    desk.raise_request_exception = public.raise_request_exception = False
    planted = canaries()
    # Five people's in each request.
    for at in range(0, CANARIES, 5):
        number, phone, name = (" ".join(one) for one in zip(*planted[at : at + 5], strict=True))
        how = at // 5 % 8
        if how == 0:
            public.get("/stations/", {"q": name, "phone": phone, "n": number})
        elif how == 1:
            public.post("/ask/what/", {"words": f"{name} {number}", "phone": phone})
        elif how == 2:
            public.get(f"/{name}/{number}/{phone}/")
        elif how == 3:
            public.post("/sign-in/", {"login": phone, "password": f"{name}{number}"})
        elif how == 4:
            desk.get("/desk/people/", {"q": name, "idno": number})
        elif how == 5:
            desk.post("/desk/people/new/", {"name": name, "phone": phone, "id_number": number})
        elif how == 6:
            public.post(
                "/api/v1/requests",
                json.dumps({"words": name, "phone": phone, "number": number}),
                content_type="application/json",
                headers={"Authorization": f"Bearer {name.encode().hex()}"},
            )
        else:
            breaking(monkeypatch, public, f"{name} {phone} {number}")

    text = "".join(path.read_text() for path in logged.glob("*"))
    found = [
        part for row in planted for part in row if part in text or json.dumps(part)[1:-1] in text
    ]
    assert found == []
    told = requests(logged)
    assert len(told) >= CANARIES // 5
    assert {one["status"] for one in told} >= {200, 404, 500}
    errors_told = [one for one in lines(logged) if "error" in one]
    assert len(errors_told) >= CANARIES // 5 // 8


def breaking(monkeypatch: pytest.MonkeyPatch, client: Client, text: str) -> None:
    """A page that breaks with what was typed in its message, as those of drivers hold it."""
    with monkeypatch.context() as patch:

        def breaks(request: HttpRequest) -> None:
            raise ValueError(f"invalid input: {text}")

        patch.setattr("linli.site.views.health.JsonResponse", lambda *_a: breaks(None))  # type: ignore[arg-type]
        assert client.get("/healthz", {"q": text}).status_code == 500


def test_the_canaries_would_be_seen(world: World, logged: Path) -> None:
    """The planted fault: a line that says what was typed."""
    logging.getLogger("linli.request").warning("somebody typed %s", "假名0001号")
    text = "".join(path.read_text() for path in logged.glob("*"))
    assert json.dumps("假名0001号")[1:-1] in text


def test_a_line_names_page_and_post_and_nothing_else(world: World, logged: Path) -> None:
    client = signed_in(world, "worker")
    answer = client.get("/desk/people/")
    told = requests(logged)[-1]
    assert told["request"] == answer["X-Request-Id"]
    assert (told["name"], told["method"], told["status"]) == ("people:list", "GET", 200)
    assert told["actor"] == "user"
    assert re.fullmatch(r"[0-9a-f-]{36}", told["post"])
    assert set(told) == {
        "time", "level", "logger", "event", "request",
        "method", "route", "name", "status", "ms", "actor", "post",
    }  # fmt: skip


def test_a_page_with_an_id_is_told_by_its_pattern(world: World, logged: Path) -> None:
    client = signed_in(world, "worker")
    client.get("/desk/people/01900000-0000-7000-8000-000000000000/")
    told = requests(logged)[-1]
    assert "01900000" not in json.dumps(told)
    assert "<uuid:" in told["route"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("address", ["/none/", "/healthz"])
def test_every_error_page_shows_the_number_of_its_request(
    db: None, monkeypatch: pytest.MonkeyPatch, address: str, language: str
) -> None:
    client = Client(headers={"Accept-Language": language})
    client.raise_request_exception = False
    monkeypatch.setattr("linli.site.views.health.JsonResponse", None)
    answer = client.get(address)
    assert answer.status_code in {404, 500}
    assert answer["X-Request-Id"] in answer.content.decode()


class Broken:
    """What stands in for a cursor that breaks."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_given: Any) -> Any:
        raise OperationalError("told") from self.error


FULL, GONE = psycopg.errors.DiskFull("no space"), psycopg.OperationalError("closed")


@pytest.mark.parametrize(
    ("error", "words"),
    [(FULL, ("没有空间", "no room left")), (GONE, ("没有响应", "do not answer"))],
)
def test_an_outage_is_a_sentence_and_what_was_typed_is_shown(
    db: None, monkeypatch: pytest.MonkeyPatch, error: Exception, words: tuple[str, str]
) -> None:
    monkeypatch.setattr("linli.kernel.accounts.middleware.actor_for", Broken(error))
    for language, told in zip(("zh-hans", "en"), words, strict=True):
        client = Client(headers={"Accept-Language": language})
        client.raise_request_exception = False
        answer = client.post("/ask/what/", {"words": "楼道里的灯坏了，请来看看"})
        text = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert told in text
        assert "楼道里的灯坏了，请来看看" in text


def test_a_program_is_told_of_an_outage_in_its_shape(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = RequestFactory().post("/api/v1/requests")
    try:
        Broken(FULL)()
    except OperationalError:
        answer = errors.server_error(request)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/json")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FULL, Outage.FULL),
        (OSError(28, "No space left on device"), Outage.FULL),
        (GONE, Outage.AWAY),
        (psycopg.errors.AdminShutdown(""), Outage.AWAY),
        (psycopg.errors.TooManyConnections(""), Outage.AWAY),
        (psycopg.errors.UniqueViolation(""), None),
        (psycopg.errors.QueryCanceled(""), None),
        (OSError(2, "none"), None),
        (ValueError(), None),
        (None, None),
    ],
)
def test_only_what_passes_by_itself_is_an_outage(
    error: BaseException | None, kind: Outage | None
) -> None:
    assert outage(error) is kind


def test_the_numbers_are_for_the_token_only(db: None) -> None:
    client, token = Client(), Home.open().secret(TOKEN)
    for given in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token[:-1]}"}):
        assert client.get("/metrics", headers=given).status_code == 404
    client.get("/healthz")
    text = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).content.decode()
    assert 'linli_requests_total{method="GET",page="healthz",status="200"}' in text
    for name in ("jobs_waiting", "deltas_waiting", "database_bytes", "workers"):
        assert f"\nlinli_{name} " in text
    assert 'linli_disk_free_bytes{disk="home"}' in text
    assert "linli_build_info{version=" in text


def test_pages_nobody_made_are_one_in_the_numbers(db: None) -> None:
    client, token = Client(), Home.open().secret(TOKEN)
    for at in range(20):
        client.get(f"/nobody/{at}/")
        client.generic(f"MADE{at}", "/")
    text = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).content.decode()
    assert "nobody" not in text
    assert "MADE" not in text
    assert connection.is_usable()
