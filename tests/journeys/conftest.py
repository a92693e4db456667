from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

import pytest
from django.db import connections, transaction
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ..server import Running, serving
from ..world import PASSWORD, World, build_world

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


# Not for longer: while Playwright runs, this thread can have no other event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: as long as it is open a loop runs in this process, and tests that
    begin one of their own cannot."""
    # The loop hides the connections this thread has open. They would come back when it ends, cut:
    # a journey's database is cloned anew in the meantime.
    connections.close_all()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
        connections.close_all()


@dataclass
class House:
    """A served world with a browser in front of it; every person has a context of their own."""

    running: Running
    world: World
    browser: Browser
    language: str
    contexts: list[BrowserContext] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def visitor(self, *, script: bool = False, size: dict[str, int] | None = None) -> Page:
        """A page of somebody who is not signed in, without JavaScript unless asked for."""
        context = self.browser.new_context(
            base_url=self.running.url,
            locale=self.language,
            java_script_enabled=script,
            viewport=size or PHONE,  # type: ignore[arg-type]
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda message: (
                self.problems.append(f"{message.text} {message.location.get('url')}")
                if message.type == "error"
                else None
            ),
        )
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def staff(self, name: str, *, size: dict[str, int] | None = None) -> Page:
        """The home page of somebody who has signed in through the form."""
        page = self.visitor(script=True, size=size or DESK)
        page.goto("/desk/")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/desk/")
        return page


@pytest.fixture(scope="module")
def served(
    database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Running]]:
    """One server for the journeys of a module. Each has a database of its own under the same name:
    the server finds its connections cut, as after a restart, and connects anew."""
    log = tmp_path_factory.mktemp("served") / "server.log"
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(serving(database_name, log=log)))


@pytest.fixture(params=["zh-CN", "en-GB"])
def house(
    request: pytest.FixtureRequest,
    fresh_database: None,
    browser: Browser,
    served: Callable[[], Running],
) -> Iterator[House]:
    with transaction.atomic():
        world = build_world()
    for alias in connections:
        connections[alias].close()
    made = House(served(), world, browser, request.param)
    yield made
    for context in made.contexts:
        context.close()
    for alias in connections:
        connections[alias].close()
    assert made.problems == []
