"""Random histories of facts, with folds at random moments; what is shown must equal a recount."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import strategies as st

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.stats.fold import fold
from linli.kernel.stats.read import by_area, by_day, by_dimension, distinct, total
from linli.kernel.stats.verify import verify
from linli.lib.areacodes import range_of
from linli.people.models import Person
from linli.services.models import Recipient, Service

from ..world import World
from .facts import (
    COUNTED,
    DAYS,
    FUJIAN,
    HENAN,
    NATION,
    PERIODS,
    PLACES,
    QUANZHOU,
    Recount,
    asked,
    fact,
    persons,
    served,
    store,
)

Step = tuple[Any, ...]
PERSONS = 4
# Days of one, two and no calendar period that is held: see once.span_kind.
SPANS = (
    (date(2025, 12, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), date(2026, 1, 31)),
    (date(2026, 2, 1), date(2026, 2, 28)),
    (date(2026, 1, 1), date(2026, 3, 31)),
    (date(2025, 1, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), date(2026, 12, 31)),
    (date(2025, 12, 1), date(2026, 2, 28)),
    (date(2026, 1, 31), date(2026, 2, 1)),
)
UNITS = ("station", "sharing", "other_station")
values = st.fixed_dictionaries(
    {
        "area_id": st.sampled_from(PLACES),
        "occurred_on": st.sampled_from(DAYS),
        "method": st.sampled_from(("visit", "phone", "group")),
        "content": st.sampled_from(("daily_care", "", "odd'\"\\{}")),
        "place": st.sampled_from(("home", "station")),
        "minutes": st.integers(1, 1440),
        "person_times": st.integers(9, 20),
        "anonymous": st.integers(0, 9),
    }
)
which = st.integers(0, 99)
whom = st.integers(0, PERSONS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), values, st.sampled_from(UNITS)),
        st.tuples(st.just("record"), values, st.sampled_from(UNITS)),
        st.tuples(st.just("serve"), values, st.sets(whom, min_size=1)),
        st.tuples(st.just("serve"), values, st.sets(whom, min_size=1)),
        st.tuples(st.just("add a person"), which, whom),
        st.tuples(st.just("take a person away"), which),
        st.tuples(st.just("join persons"), whom, whom),
        st.tuples(st.just("record several"), st.lists(values, max_size=5)),
        st.tuples(st.just("correct"), which, values),
        st.tuples(st.just("move"), which, st.sampled_from(PLACES)),
        st.tuples(st.just("delete"), which),
        st.tuples(st.just("lengthen all"), st.integers(1, 3)),
        st.tuples(st.just("touch all")),
        st.tuples(st.just("undo"), values),
        st.tuples(st.just("fold")),
    ),
    min_size=30,
    max_size=30,
)


def live(world: World, history: list[Step]) -> None:
    """Live through a history, check every number at its end, and undo it."""
    with transaction.atomic():
        set_actor(system("tests"))
        known = persons(world, PERSONS)
        for step in history:
            if not _serve(world, known, *step):
                _do(world, *step)
        check()
        fold()
        check()
        transaction.set_rollback(True)


def _serve(world: World, known: list[Person], name: str, *given: Any) -> bool:
    """Do what concerns the persons served; False for a step of another kind."""
    facts = list(Service._base_manager.order_by("id"))
    links = list(Recipient.objects.order_by("id"))
    if name == "serve":
        made = fact(world, **given[0])
        store(made)
        served(*((made, known[at]) for at in given[1]))
    elif name == "add a person" and facts:
        one, person = facts[given[0] % len(facts)], known[given[1]]
        if not any((link.service_id, link.person_id) == (one.pk, person.pk) for link in links):
            served((one, person))
    elif name == "take a person away" and links:
        links[given[0] % len(links)].delete()
    elif name == "join persons":
        one, other = (known[at] for at in given)
        both = Recipient.objects.filter(person=other).values("service_id")
        Recipient.objects.filter(person=one, service__in=both).delete()
        Recipient.objects.filter(person=one).update(person=other)
    return name in {"serve", "add a person", "take a person away", "join persons"}


def _do(world: World, name: str, *given: Any) -> None:
    facts = Service._base_manager.order_by("id")
    held = list(facts.values_list("pk", flat=True))
    if name == "record":
        store(fact(world, **given[0], unit_id=world.unit_id(given[1])))
    elif name == "record several":
        store(*(fact(world, **one) for one in given[0]))
    elif name == "undo":
        with transaction.atomic():
            store(fact(world, **given[0]))
            transaction.set_rollback(True)
    elif name == "fold":
        fold()
    elif name == "lengthen all":
        facts.filter(minutes__lte=1000).update(minutes=F("minutes") + given[0])
    elif name == "touch all":
        facts.update(recorded_at=timezone.now(), version=F("version") + 1)
    elif held:
        row = facts.filter(pk=held[given[0] % len(held)])
        if name == "delete":
            row.delete()
        else:
            row.update(**({"area_id": given[1]} if name == "move" else given[1]))


def check() -> None:
    """Every total, and every breakdown of some areas, against a recount of the facts."""
    assert verify() == []
    recount = Recount.now()
    for area in COUNTED:
        for first, last in PERIODS:
            question = asked(area, first, last)
            assert total(question) == recount.total(question), question
    for area in COUNTED:
        for first, last in SPANS:
            question = asked(area, first, last)
            assert distinct(question, "persons") == recount.persons(question), question
    for area in (NATION, FUJIAN, HENAN, QUANZHOU, 350502000000):
        question = asked(area)
        for name in ("method", "content", "place"):
            found = by_dimension(question, name)
            assert found == recount.by(question, lambda row, name=name: row[name])
        assert by_day(question) == recount.by(question, lambda row: row["occurred_on"])
        months = recount.by(question, lambda row: row["occurred_on"].replace(day=1))
        assert by_day(question, months=True) == months
        below = [one for one in COUNTED if _is_below(one, area)]
        counts = {one: recount.total(asked(one)) for one in below}
        assert by_area(question, below) == {one: n for one, n in counts.items() if n.n}


def _is_below(code: int, area: int) -> bool:
    """Directly below, as a page lists them: the next finer ones that are counted."""
    inside = [
        one
        for one in COUNTED
        if one != area and range_of(area)[0] <= one <= range_of(area)[1] and not _is_pseudo(one)
    ]
    return code in inside and not any(
        other != code and range_of(other)[0] <= code <= range_of(other)[1] for other in inside
    )


def _is_pseudo(code: int) -> bool:
    return code in {110100000000, 419000000000}
