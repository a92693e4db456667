"""Every page as somebody would see it: asked for in this process, kept, shown in a browser later.

Nothing is served: while a browser runs, what it asks for comes from these sheets. So every page of
one town, in both languages, is one answer of the whole stack, and nothing has to be committed.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from linli.kernel.accounts.models import User
from linli.kernel.ui.jinja import Pages
from linli.people import actions as people

from ..conftest import acting
from ..house.urls import Page as Address
from ..house.urls import pages
from ..oracle.fill import NOBODY, CannotFill, addresses, body_of, pages_of_all
from ..oracle.rows import Bundle, Town
from ..oracle.visitors import RECEIPT, Visitor, visitors
from ..portal import browser as resident
from ..site.signing import sign_in
from ..world import TOWNSHIP

LANGUAGES = {"zh-hans": "zh-CN", "en": "en-GB"}
WHOLE = "<!doctype html>"
# What nothing is found for, so that every list is seen empty.
NOTHING = "zzzz"
# Who is asked in turn; the one who is shown most of a page is the one for whom it is looked at.
ASKED = (
    "anonymous",
    f"{RECEIPT}done",
    "head",
    "dispatcher",
    "officer",
    "administrator",
    "security",
    "auditor",
    "worker",
)
# Addresses on which nothing stands without what is asked behind them.
MORE = (
    ("site:search found", "dispatcher", "/desk/search/?q=test"),
    ("portal:what", "anonymous", resident.WHAT),
    ("portal:where found", "anonymous", "/ask/where/?need=care&q=a"),
    ("portal:stations here", "anonymous", f"/stations/?at={TOWNSHIP}"),
    ("portal:stations none", "anonymous", "/stations/?at=350521100000"),
)
WORDS = "灯泡坏了，老人一个人在家，够不着，请帮忙看一看"


@dataclass(frozen=True)
class Sheet:
    """A page for somebody, with its text in each language."""

    name: str
    who: str
    texts: dict[str, str]
    templates: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.name} ({self.who})"


@dataclass
class Shelf:
    """All sheets, and the addresses that are for browsers and that nobody got a page from."""

    town: Town
    everybody: dict[str, Visitor]
    sheets: list[Sheet] = field(default_factory=list)
    bare: dict[str, str] = field(default_factory=dict)

    @property
    def seen(self) -> set[str]:
        return {name for one in self.sheets for name in one.templates}

    def take(self, name: str, who: str, path: str, **given: Any) -> Sheet | None:
        """Ask for a page in every language; nothing unless it is a whole one."""
        texts, seen, headers = {}, set(), given.pop("headers", {})
        for language, code in LANGUAGES.items():
            with listening(seen):
                asked = self.everybody[who].ask(
                    path, headers={"Accept-Language": code, **headers}, **given
                )
            whole = asked.text.lstrip()[: len(WHOLE)].lower() == WHOLE
            if not whole:
                return None
            texts[language] = asked.text
        return Sheet(name, who, texts, frozenset(seen))

    def put(self, sheet: Sheet | None) -> bool:
        """Keep a sheet if a template stands on it that stands on no other, or its name is new."""
        is_new = sheet is not None and (
            sheet.name not in {one.name for one in self.sheets} or bool(sheet.templates - self.seen)
        )
        if sheet is not None and is_new:
            self.sheets.append(sheet)
        return is_new


@contextmanager
def listening(seen: set[str]) -> Iterator[None]:
    """Note every template that is taken from the shelf meanwhile."""
    take = Pages.get_template

    def told(pages: Pages, name: Any, *more: Any, **given: Any) -> Any:
        seen.add(str(name))
        return take(pages, name, *more, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pages, "get_template", told)
        yield


def gather(town: Town) -> Shelf:
    """Each address of the URLconf as the one sees it who sees most of it, lists in which nothing is
    found, forms that were sent with nothing in them and filled in, and pages that are not there."""
    shelf = Shelf(town, visitors(town))
    _by_hand(shelf)
    for address in pages():
        if not address.name.startswith("api:"):
            _gather(shelf, address)
    return shelf


def _gather(shelf: Shelf, address: Address) -> None:
    try:
        groups = addresses(address, shelf.town)
    except CannotFill as error:
        shelf.bare[address.name] = str(error)
        return
    path = groups.get("mine", groups.get("", ""))
    answers = {who: shelf.everybody[who].ask(path) for who in ASKED}
    shown = {
        who: one for who, one in answers.items() if one.text.lstrip()[: len(WHOLE)].lower() == WHOLE
    }
    fine = {who: one for who, one in shown.items() if one.outcome == "200"}
    if not fine:
        shelf.bare[address.name] = ", ".join(sorted({one.outcome for one in answers.values()}))
        return
    who = max(fine, key=lambda one: len(fine[one].text))
    shelf.put(shelf.take(address.name, who, path))
    for row in pages_of_all(address, shelf.town.bundles["mine"]):
        shelf.put(shelf.take(f"{address.name} other", who, row))
    answer = fine[who]
    if "table" in answer.context:
        shelf.put(shelf.take(f"{address.name} empty", who, f"{path}?q={NOTHING}"))
    if "form" in answer.context:
        shelf.put(shelf.take(f"{address.name} unfilled", who, path, method="POST", data={}))
        try:
            body = body_of(answer.context["form"], shelf.town.bundles["mine"])
        except CannotFill:
            return
        shelf.put(shelf.take(f"{address.name} filled", who, path, method="POST", data=body))


def _by_hand(shelf: Shelf) -> None:
    """Pages to which no address alone leads."""
    for who, path in (("anonymous", "/nowhere/"), ("worker", "/desk/nowhere/")):
        shelf.put(shelf.take(f"404 {path}", who, path))
    shelf.put(shelf.take("405", "worker", "/ui/preferences/"))
    for name, who, path in MORE:
        shelf.put(shelf.take(name, who, path))
    lost = f"/desk/dispatch/{NOBODY}/serve/"
    shelf.put(shelf.take("not stored", "worker", lost, method="POST", data={"words": WORDS}))
    mine = shelf.town.bundles["mine"]
    with acting(shelf.town.actor("worker")) as actor:
        people.register_person(actor=actor, details=_relative(mine), basis="consent", form="signed")
    looked = f"/desk/people/{mine.persons[0].pk}/reveal/"
    shelf.put(shelf.take("people:reveal", "worker", looked, method="POST", data={}))
    for name, path, text in (
        ("people:find", "/desk/people/find/", mine.text("person phone")),
        ("intake:find", "/desk/intake/find/", mine.text("request phone")),
    ):
        shelf.put(shelf.take(name, "worker", path, method="POST", data={"q": text}))
    told = User.objects.filter(pk=shelf.town.world.users["second_worker"].pk)
    told.update(must_change_password=True)
    own = reverse("accounts:own_password")
    shelf.put(shelf.take("accounts:own_password told", "second_worker", own))
    told.update(must_change_password=False)
    _of_oneself(shelf)
    texts: dict[str, dict[str, str]] = {}
    seen: dict[str, set[str]] = {}
    for language, code in LANGUAGES.items():
        client = resident.resident(address=f"192.0.2.{len(texts) + 40}", language=code)
        for name, made in _asked(client, seen):
            texts.setdefault(name, {})[language] = made
    for name, both in texts.items():
        shelf.put(Sheet(name, "anonymous", both, frozenset(seen[name])))


def _of_oneself(shelf: Shelf) -> None:
    """Pages that are shown to those only who have just given their password."""
    for name, who in (
        ("accounts:add_app", "officer"),
        ("accounts:add_passkey", "officer"),
        ("mfa_authenticate", "worker"),
    ):
        texts, seen = {}, set[str]()
        for language, code in LANGUAGES.items():
            client = sign_in(who, client=Client(headers={"Accept-Language": code}))
            with listening(seen):
                texts[language] = client.get(reverse(name)).content.decode()
        shelf.put(Sheet(name, who, texts, frozenset(seen)))
    for name, who, reach in AT_ONE_MOMENT:
        texts, seen = {}, set[str]()
        for language, code in LANGUAGES.items():
            with transaction.atomic(), pytest.MonkeyPatch.context() as patch, listening(seen):
                client = sign_in(who, client=Client(headers={"Accept-Language": code}))
                texts[language] = reach(client, patch).content.decode()
                transaction.set_rollback(True)
        shelf.put(Sheet(name, who, texts, frozenset(seen)))


def _codes(client: Client, _patch: pytest.MonkeyPatch) -> HttpResponse:
    """The recovery codes that are shown once, to somebody whose app has shown its first code."""
    where = reverse("accounts:add_app")
    secret = client.get(where).context["secret"].replace(" ", "")
    now = next(iter(totp.yield_hotp_counters_from_time()))
    code = totp.format_hotp_value(totp.hotp_value(secret, now))
    return client.post(where, {"code": code})


def _leaving(client: Client, patch: pytest.MonkeyPatch) -> HttpResponse:
    """The way out to a provider of identities."""
    app = {"client_id": "linli", "secret": "s"}
    patch.setattr(settings, "SOCIALACCOUNT_PROVIDERS", {"weixin": {"APPS": [app]}})
    return client.post(reverse("accounts:connect", args=["weixin"]))


def _first_factor(client: Client, patch: pytest.MonkeyPatch) -> HttpResponse:
    """What an administrator without a second factor meets."""
    patch.setattr(settings, "LINLI_SECOND_FACTOR", "administrators")
    return client.get(reverse("accounts:factors"))


# What is shown once, or to nobody else.
AT_ONE_MOMENT: tuple[tuple[str, str, Callable[[Client, pytest.MonkeyPatch], HttpResponse]], ...] = (
    ("accounts:add_app codes", "officer", _codes),
    ("accounts:connect leaving", "officer", _leaving),
    ("accounts:factors first", "administrator", _first_factor),
)


def _relative(mine: Bundle) -> people.Details:
    """Somebody with the same phone as the first person of a group."""
    phone = mine.text("person phone")
    return people.Details(name="测试亲属", area=mine.team.village, phone=phone)


def _asked(client: Client, seen: dict[str, set[str]]) -> Iterable[tuple[str, str]]:
    """The last steps of asking for help, to which one gets by taking those before."""
    with transaction.atomic():
        client.post(resident.WHAT, resident.TYPED)
        with listening(seen.setdefault("portal:reach", set())):
            yield "portal:reach", client.get("/ask/reach/").content.decode()
        with listening(seen.setdefault("portal:receipt", set())):
            yield "portal:receipt", resident.ask(client).content.decode()
