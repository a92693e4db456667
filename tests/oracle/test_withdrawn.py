"""What is withdrawn is gone at the next request: pages, calls, exports, forms, repetitions."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from procrastinate.contrib.django import app

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.units.models import ServiceArea, Unit
from linli.lib.uuid7 import uuid7
from linli.site import drafts

from ..house.urls import Page, pages
from ..world import COUNTY, SINCE
from .crawl import Crawl, _is_api, is_done
from .report import tell
from .rows import Town
from .test_twice import send
from .visitors import KEY, Visitor, visitors

pytestmark = pytest.mark.usefixtures("quiet", "savepoint")
Withdraw = Callable[[Town], None]
# Jobs that run for nobody in particular: none carries somebody's permission into a later hour. One
# that does belongs on a list of its own, and must ask again when it runs.
OF_NOBODY = {
    "linli.dispatch.tasks.close_silent_orders",
    "linli.kernel.hooks.tasks.tidy",
    "linli.kernel.sheets.tasks.delete_expired",
    "linli.kernel.staff.tasks.forget_allowances",
    "linli.kernel.staff.tasks.sessions_forgotten",
    "linli.people.tasks.arrive_due",
    "linli.people.tasks.compare_files",
    "linli.site.tasks.tidy",
    "linli.kernel.forms.tasks.drop_expired_drafts",
    "linli.kernel.jobs.tasks.forget_done",
    "linli.kernel.jobs.tasks.publish_head",
    "linli.kernel.jobs.tasks.retry_stalled",
    "linli.kernel.jobs.tasks.seal_timeline",
    "linli.kernel.operations.tasks.drop_expired_operations",
    "linli.kernel.staff.tasks.posts_ended",
    "linli.kernel.stats.tasks.fold_deltas",
    "linli.site.tasks.hand_back",
}
# Jobs for somebody: each asks again, when it runs, what that post may do (tests/kernel/test_hooks,
# tests/sheets).
OF_SOMEBODY = {
    "linli.kernel.hooks.tasks.deliver",
    *(f"sheets.{one}" for one in ("read", "check", "run", "undo")),
}
# What everybody may do who can sign in, in whatever post, even in none.
OF_ONESELF = {"accounts:own_password", "ui:switch_post"}


@pytest.fixture(scope="module")
def everybody(town: Town) -> dict[str, Visitor]:
    return visitors(town)


def _posts(town: Town, who: str) -> Any:
    return Post.objects.filter(user=town.world.users[who])


def _yesterday(town: Town) -> Any:
    return town.actor("worker").today - timedelta(days=1)


def end_the_post(town: Town) -> None:
    _posts(town, "worker").update(valid_to=_yesterday(town))


def lock_the_user(town: Town) -> None:
    User.objects.filter(pk=town.world.users["worker"].pk).update(is_active=False)


def change_the_role(town: Town) -> None:
    _posts(town, "worker").update(role=Role.OFFICER)


def move_the_post(town: Town) -> None:
    _posts(town, "worker").update(unit=town.world.unit_id("sibling"))


def end_the_unit(town: Town) -> None:
    Unit.objects.filter(pk=town.world.unit_id("station")).update(valid_to=_yesterday(town))


def revoke_the_key(town: Town) -> None:
    ApiToken.objects.update(revoked_at=town.actor("worker").now)


def let_the_key_expire(town: Town) -> None:
    ApiToken.objects.update(valid_until=town.actor("worker").now - timedelta(minutes=1))


def serve_the_county_too(town: Town) -> None:
    unit = town.world.units["other_centre"]
    ServiceArea.objects.create(unit=unit, area_id=COUNTY, valid_from=SINCE)


def withdraw_the_area(town: Town) -> None:
    held = ServiceArea.objects.filter(unit=town.world.unit_id("other_centre"), area_id=COUNTY)
    held.update(valid_to=_yesterday(town))


CASES: list[tuple[Withdraw, str]] = [
    (end_the_post, "worker"),
    (end_the_post, f"{KEY}worker"),
    (lock_the_user, "worker"),
    (lock_the_user, f"{KEY}worker"),
    (change_the_role, "worker"),
    (change_the_role, f"{KEY}worker"),
    (move_the_post, "worker"),
    (end_the_unit, "worker"),
    (end_the_unit, f"{KEY}worker"),
    (revoke_the_key, f"{KEY}worker"),
    (let_the_key_expire, f"{KEY}worker"),
    (withdraw_the_area, "other_dispatcher"),
]


def probes() -> Iterator[Page]:
    """A page for each permission, read and pressed apart, and every page of the API."""
    seen = set()
    for page in pages():
        kind = (page.permission, bool(page.arguments))
        is_own = page.name in OF_ONESELF
        if _is_api(page) or (page.permission and kind not in seen and not is_own):
            seen.add(kind)
            yield page


def asked(crawl: Crawl, visitor: Visitor) -> tuple[set[str], set[str], int]:
    """What of the group `mine` a visitor hears, what they can do, and how often they were asked."""
    heard, done, count = set(), set(), 0
    mine = {text for text, (group, _what) in crawl.town.aviary.kept.items() if group == "mine"}
    for page in probes():
        doors = crawl.doors(page)
        path = doors.get("mine") or doors.get("")
        if path is None or visitor.is_key != _is_api(page):
            continue
        exported = [f"{path}?export=xlsx"] if "" in doors else []
        for one in (path, *exported):
            count += 1
            answer = visitor.ask(one)
            if answer.outcome == "200":
                heard |= crawl.town.aviary.heard(answer.text, sent=one) & mine
        body = BODIES.get(page.name)
        if body is not None:
            count += 1
            answer = visitor.ask(path, "POST", data=body, is_json=_is_api(page))
            if is_done(answer.outcome) and answer.told and answer.outcome != "login":
                done.add(page.name)
            if answer.outcome == "200":
                heard |= crawl.town.aviary.heard(answer.text) & mine
    return heard, done, count


# What is pressed; filled in once, by whoever may.
BODIES: dict[str, dict[str, Any]] = {}


@pytest.fixture(scope="module", autouse=True)
def bodies(town: Town, everybody: dict[str, Visitor]) -> Iterator[None]:
    crawl = Crawl(town, everybody)
    for page in probes():
        doors = crawl.doors(page)
        path = doors.get("mine") or doors.get("")
        body = crawl._body(page, "mine", path) if path else None
        if body is not None:
            BODIES[page.name] = body
    yield
    BODIES.clear()


@pytest.mark.parametrize(("withdraw", "who"), CASES)
def test_what_is_withdrawn_is_gone_at_the_next_request(
    withdraw: Withdraw,
    who: str,
    town: Town,
    everybody: dict[str, Visitor],
    record_property: Any,
) -> None:
    crawl, visitor = Crawl(town, everybody), everybody[who]
    if withdraw is withdraw_the_area:
        serve_the_county_too(town)
    heard, done, _count = asked(crawl, visitor)
    assert heard and (done or who == "other_dispatcher"), "there was nothing to withdraw"
    withdraw(town)
    still, can, count = asked(crawl, visitor)
    if withdraw is move_the_post:
        # Who works elsewhere now may put new rows on file there.
        can = {one for one in can if not one.endswith(":new")}
    tell(record_property, "withdrawn", count, [*still, *can])
    told = {town.aviary.kept[one] for one in still}
    if withdraw is change_the_role:
        # A key may tell of the post it stands for, whatever that post is for now.
        told -= {("mine", "post id")}
    assert (told, can) == (set(), set())


def test_a_permission_that_outlives_its_post_is_caught(
    town: Town, everybody: dict[str, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the actor were kept in the session instead of being read anew."""
    crawl, visitor = Crawl(town, everybody), everybody["worker"]
    kept = town.actor("worker")
    end_the_post(town)
    monkeypatch.setattr("linli.kernel.accounts.middleware.actor_of", lambda *told, **given: kept)
    heard, done, _count = asked(crawl, visitor)
    assert heard and done


def test_an_answer_is_not_repeated_to_who_may_no_longer_ask(
    town: Town, everybody: dict[str, Visitor]
) -> None:
    """The id of a call that was answered opens nothing after the post has ended."""
    key, page = everybody[f"{KEY}worker"], "/api/v1/orders/{}/accept"
    order = town.bundles["mine"].orders["dispatched"]
    path = page.format(order.pk)
    operation = str(uuid7())
    with transaction.atomic():
        first, told = send(key, path, {}, operation, is_call=True)
        assert (first.status_code, bool(told)) == (200, True)
        again, more = send(key, path, {}, operation, is_call=True)
        assert (again.status_code, again.content, more) == (200, first.content, 0)
        end_the_post(town)
        refused, more = send(key, path, {}, operation, is_call=True)
        assert refused.status_code in {404, 409}
        assert (more, str(order.pk) in refused.content.decode()) == (0, False)
        other, more = send(everybody[f"{KEY}station_head"], path, {}, operation, is_call=True)
        assert (other.status_code, more) == (409, 0)
        assert str(order.pk) not in other.content.decode()
        transaction.set_rollback(True)


def test_a_draft_is_not_offered_to_who_may_no_longer_sign_in(
    town: Town, everybody: dict[str, Visitor]
) -> None:
    worker, path = everybody["worker"], "/desk/services/new/"
    user = town.world.users["worker"]
    values = {"facts": ["words nobody else has"]}
    key = drafts.drafts.keep(values, path=f"{user.pk}:{path}", now=town.actor("worker").now)
    holder = Visitor("worker", worker.cookies | {drafts.COOKIE: key})
    assert "words nobody else has" in holder.ask(path).text
    thief = Visitor("mate", everybody["second_worker"].cookies | {drafts.COOKIE: key})
    assert "words nobody else has" not in thief.ask(path).text
    lock_the_user(town)
    answer = holder.ask(path)
    assert answer.outcome == "login"
    assert "words nobody else has" not in answer.text


def test_no_job_carries_the_permission_of_somebody() -> None:
    ours = {name for name in app.tasks if not name.startswith(("builtin", "procrastinate"))}
    assert ours == OF_NOBODY | OF_SOMEBODY
