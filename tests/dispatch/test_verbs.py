"""Each verb on an order: done by the right post, hidden from every other, and never done twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from linli.dispatch import actions
from linli.dispatch.models import FollowUp, Remark, Verdict
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.models import Clock, Duty
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.people.actions import Details, register_person
from linli.services.models import Note, Service

from ..conftest import acting
from ..world import NEXT_VILLAGE, VILLAGE, World
from .orders import as_it_is, messages_of, opened, order_in, signed_in

pytestmark = pytest.mark.django_db

Values = Callable[[World], dict[str, Any]]
OTHERS = (
    "sibling_head",
    "sharing_head",
    "sharing_worker",
    "other_head",
    "other_dispatcher",
    "officer",
    "grid_worker",
    "administrator",
)
SERVED = {
    "method": "visit",
    "content": "daily_care",
    "minutes": "35",
    "occurred_on": "2026-01-05",
    "anonymous": "2",
    "facts": "换了灯泡",
    "analysis": "老人怕麻烦别人",
}


@dataclass(frozen=True)
class Case:
    """A verb: from which state, by whom, with what; where it leads, and where it is too late."""

    start: str
    who: str
    to: str
    too_late: str
    values: Values = field(default=lambda world: {})
    says: str = ""


def at(name: str, **more: str) -> Values:
    return lambda world: {"station": str(world.unit_id(name)), **more}


CASES = {
    "dispatch": Case("pending", "dispatcher", "dispatched", "closed", at("station"), "to accept"),
    "arbitrate": Case(
        "arbitration", "dispatcher", "dispatched", "done", at("station", words="近"), "keeps it"
    ),
    "transfer": Case(
        "accepted", "dispatcher", "dispatched", "done", at("sharing", words="近"), "Given to"
    ),
    "accept": Case("dispatched", "worker", "accepted", "accepted", says="has to begin by"),
    "return": Case(
        "dispatched",
        "head",
        "pending",
        "serving",
        lambda world: {"reason": "no_capacity", "words": "没有人"},
        "The centre dispatches it again",
    ),
    "assign": Case(
        "accepted",
        "head",
        "accepted",
        "done",
        lambda world: {"worker": str(world.users["second_worker"].pk)},
        "has it now",
    ),
    "serve": Case("accepted", "worker", "serving", "done", lambda world: SERVED, "on record"),
    "finish": Case(
        "serving",
        "worker",
        "done",
        "accepted",
        lambda world: {"result": "solved", "words": "灯亮了"},
        "follows up",
    ),
    "follow_up": Case(
        "done",
        "dispatcher",
        "followed_up",
        "closed",
        lambda world: {"contact": "reached", "words": "说很好"},
        "whether it helped",
    ),
    "say": Case(
        "followed_up",
        "dispatcher",
        "closed",
        "pending",
        lambda world: {"value": "helped"},
        "closed",
    ),
    "close": Case("followed_up", "dispatcher", "closed", "closed", says="Closed"),
    "urge": Case("dispatched", "dispatcher", "dispatched", "done", says="urgent"),
    "reopen": Case(
        "done", "dispatcher", "pending", "pending", lambda world: {"words": "又坏了"}, "Open again"
    ),
    "withdraw": Case(
        "dispatched",
        "dispatcher",
        "withdrawn",
        "done",
        lambda world: {"words": "不需要了"},
        "Withdrawn",
    ),
}
FORMS = sorted(set(CASES) - {"accept", "urge", "close"})


@pytest.mark.parametrize("verb", CASES)
def test_the_verb_works_and_says_what_happens_next(client: Client, world: World, verb: str) -> None:
    case = CASES[verb]
    order = order_in(world, case.start)
    signed_in(client, world, case.who)

    response = client.post(
        reverse(f"dispatch:{verb}", args=[order.pk]), case.values(world), follow=True
    )

    assert as_it_is(order).state == case.to
    assert response.status_code == 200
    assert [case.says in one for one in messages_of(response)] == [True]


@pytest.mark.parametrize("verb", CASES)
def test_the_verb_is_hidden_from_every_other_post(client: Client, world: World, verb: str) -> None:
    case = CASES[verb]
    order = order_in(world, case.start)
    url = reverse(f"dispatch:{verb}", args=[order.pk])

    for name in OTHERS:
        signed_in(client, world, name)
        assert client.post(url, case.values(world)).status_code == 404, name
    assert as_it_is(order).state == case.start


@pytest.mark.parametrize("verb", CASES)
def test_too_late_is_a_sentence_and_nothing_changes(
    client: Client, world: World, verb: str
) -> None:
    case = CASES[verb]
    order = order_in(world, case.too_late)
    before = as_it_is(order).__dict__ | {"_state": None}
    told = Event.objects.exclude(verb="intake.read").count()
    signed_in(client, world, case.who)

    page = reverse("dispatch:order", args=[order.pk])
    values = case.values(world)
    response = client.post(reverse(f"dispatch:{verb}", args=[order.pk]), values, follow=True)

    sentence = "Somebody was faster: this has already changed. Nothing of yours was lost."
    if words := values.get("words") or values.get("facts"):
        # What was written is on the page, to be copied, and the page leads on.
        assert response.status_code == 409
        shown = response.content.decode()
        assert all(one in shown for one in (sentence, words, f'href="{page}"'))
    else:
        assert response.redirect_chain == [(page, 302)]
        assert messages_of(response) == [sentence]
    assert as_it_is(order).__dict__ | {"_state": None} == before
    assert Event.objects.exclude(verb="intake.read").count() == told


@pytest.mark.parametrize("verb", FORMS)
def test_the_form_says_which_order_it_is_about(client: Client, world: World, verb: str) -> None:
    case = CASES[verb]
    order = order_in(world, case.start)
    signed_in(client, world, case.who)

    page = client.get(reverse(f"dispatch:{verb}", args=[order.pk])).content.decode()

    assert "请上门看看灯" in page
    assert reverse("dispatch:order", args=[order.pk]) in page


@pytest.mark.parametrize("verb", sorted(set(FORMS) - {"dispatch", "transfer", "arbitrate"}))
def test_an_empty_form_comes_back_with_its_errors(client: Client, world: World, verb: str) -> None:
    case = CASES[verb]
    order = order_in(world, case.start)
    signed_in(client, world, case.who)

    response = client.post(reverse(f"dispatch:{verb}", args=[order.pk]), {})

    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert as_it_is(order).state == case.start


@pytest.mark.parametrize("verb", ["accept", "urge", "close"])
def test_a_press_is_never_a_get(client: Client, world: World, verb: str) -> None:
    order = order_in(world, CASES[verb].start)
    signed_in(client, world, CASES[verb].who)
    assert client.get(reverse(f"dispatch:{verb}", args=[order.pk])).status_code == 405


def test_forms_and_pages_refuse_other_methods(client: Client, world: World) -> None:
    order = order_in(world, "dispatched")
    signed_in(client, world, "dispatcher")
    for name in ("order", "transfer", "withdraw"):
        assert client.delete(reverse(f"dispatch:{name}", args=[order.pk])).status_code == 405
    for name in ("list", "board"):
        assert client.post(reverse(f"dispatch:{name}")).status_code == 405


def test_the_proposed_station_with_room_is_chosen_beforehand(client: Client, world: World) -> None:
    opened(world, station="station")
    order = order_in(world, "pending")
    signed_in(client, world, "dispatcher")

    form = client.get(reverse("dispatch:dispatch", args=[order.pk])).context["form"]

    assert form["station"].initial == str(world.unit_id("sharing"))
    assert [value for value, _label in form.fields["station"].choices] == [
        str(world.unit_id("sharing")),
        str(world.unit_id("station")),
    ]
    assert [value for value, _label in form.fields["other"].choices] == [
        "",
        str(world.unit_id("sibling")),
    ]


@pytest.mark.parametrize("name", ["other_station", "centre", "village"])
def test_an_order_never_goes_to_what_is_no_station_of_the_county(
    client: Client, world: World, name: str
) -> None:
    order = order_in(world, "pending")
    signed_in(client, world, "dispatcher")

    response = client.post(
        reverse("dispatch:dispatch", args=[order.pk]), {"other": str(world.unit_id(name))}
    )

    assert response.status_code == 422
    assert as_it_is(order).state == "pending"


def test_the_action_refuses_a_station_of_another_county(world: World) -> None:
    order = order_in(world, "pending")
    with acting(world.actor("dispatcher")) as actor, pytest.raises(Refused):
        actions.dispatch_order(order, actor=actor, station_id=world.unit_id("other_station"))


def test_a_transfer_before_it_was_accepted_moves_duty_and_clock(world: World) -> None:
    order = order_in(world, "dispatched")
    with acting(world.actor("dispatcher")) as actor:
        actions.transfer_order(order, actor=actor, station_id=world.unit_id("sharing"), words="近")
    duty = Duty.objects.get(subject_id=order.pk)
    running = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    assert (duty.unit, duty.verb) == (world.unit_id("sharing"), "accept")
    assert (running.unit, running.due_at) == (world.unit_id("sharing"), order.due_at)


def test_an_order_is_assigned_to_nobody_but_the_stations_own(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    stranger = world.users["sharing_worker"]
    signed_in(client, world, "head")
    url = reverse("dispatch:assign", args=[order.pk])

    answer = client.post(url, {"worker": str(stranger.pk)})
    assert answer.status_code == 422
    assert "This colleague holds no post here now." in answer.content.decode()
    with acting(world.actor("head")) as actor, pytest.raises(actions.NoPost):
        actions.assign_order(order, actor=actor, worker=stranger)
    assert as_it_is(order).worker_id == world.users["worker"].pk


def test_a_returned_order_leaves_the_station_and_the_head_lands_on_the_board(
    client: Client, world: World
) -> None:
    order = order_in(world, "dispatched")
    signed_in(client, world, "head")

    response = client.post(
        reverse("dispatch:return", args=[order.pk]),
        {"reason": "no_capacity", "words": "没有人"},
    )

    assert response["Location"] == reverse("dispatch:board")
    assert client.get(reverse("dispatch:order", args=[order.pk])).status_code == 404
    assert Remark.objects.get(order=order).words == "没有人"


def test_the_second_return_asks_the_centre_to_decide_and_says_so_before(
    client: Client, world: World
) -> None:
    order = order_in(world, "dispatched")
    with acting(world.actor("head")) as actor:
        actions.return_order(order, actor=actor, reason="no_capacity")
    with acting(world.actor("dispatcher")) as actor:
        actions.dispatch_order(order, actor=actor, station_id=world.unit_id("sharing"))
    signed_in(client, world, "sharing_head")
    url = reverse("dispatch:return", args=[order.pk])

    assert "this time the centre decides" in client.get(url).content.decode()
    response = client.post(url, {"reason": "not_our_area"}, follow=True)

    assert as_it_is(order).state == "arbitration"
    assert "decides by" in messages_of(response)[0]


def test_a_service_is_recorded_with_facts_apart_from_the_analysis(
    client: Client, world: World
) -> None:
    order = order_in(world, "accepted")
    signed_in(client, world, "worker")

    client.post(reverse("dispatch:serve", args=[order.pk]), SERVED)

    with unscoped("test"):
        service = Service.objects.get()
        note = Note.objects.get(service=service)
    assert (service.minutes, service.person_times, service.place) == (35, 2, "home")
    assert (note.facts, note.analysis) == ("换了灯泡", "老人怕麻烦别人")
    assert order.services.get().service_id == service.pk


def test_a_service_for_nobody_or_in_the_future_is_not_recorded(
    client: Client, world: World
) -> None:
    order = order_in(world, "accepted")
    signed_in(client, world, "worker")
    url = reverse("dispatch:serve", args=[order.pk])

    for wrong in ({"anonymous": "0"}, {"occurred_on": "2099-01-01"}, {"minutes": "0"}):
        assert client.post(url, SERVED | wrong).status_code == 422, wrong
    with unscoped("test"):
        assert not Service.objects.exists()


def test_looking_for_a_person_loses_nothing_that_was_typed(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    mine = _person(world, "worker", "张三丰")
    _person(world, "sibling_worker", "张三娘")
    signed_in(client, world, "worker")

    response = client.post(
        reverse("dispatch:serve", args=[order.pk]),
        {**SERVED, "who": "zhangsan", "look": "yes"},
    )

    form = response.context["form"]
    assert response.status_code == 200
    assert [one.id for one in form.picker.options] == [mine]
    assert form["facts"].value() == "换了灯泡"
    assert "error-summary" not in response.content.decode()


def test_a_person_of_another_station_is_never_a_recipient(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    stranger = _person(world, "sibling_worker", "张三娘")
    signed_in(client, world, "worker")

    response = client.post(
        reverse("dispatch:serve", args=[order.pk]), SERVED | {"persons": [str(stranger)]}
    )

    assert response.status_code == 422
    with unscoped("test"):
        assert not Service.objects.exists()


def test_a_person_on_file_is_linked_and_then_chosen_beforehand(
    client: Client, world: World
) -> None:
    order = order_in(world, "accepted")
    person = _person(world, "worker", "张三丰")
    signed_in(client, world, "worker")
    url = reverse("dispatch:name_person", args=[order.pk])

    asked = client.get(url, {"person": str(person)}).context["form"]
    assert [(one.id, one.is_chosen) for one in asked.picker.options] == [(person, True)]
    response = client.post(url, {"person": str(person)}, follow=True)

    assert "linked" in messages_of(response)[0]
    assert as_it_is(order).person_id == person
    form = client.get(reverse("dispatch:serve", args=[order.pk])).context["form"]
    assert [(one.id, one.is_chosen) for one in form.picker.options] == [(person, True)]
    assert form["anonymous"].initial == 0


def test_somebody_elses_person_cannot_be_linked(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    stranger = _person(world, "sibling_worker", "张三娘")
    signed_in(client, world, "worker")

    response = client.post(
        reverse("dispatch:name_person", args=[order.pk]), {"person": str(stranger)}
    )

    assert response.status_code == 422
    assert as_it_is(order).person_id is None


def test_a_follow_up_and_a_verdict_are_kept(client: Client, world: World) -> None:
    order = order_in(world, "done")
    signed_in(client, world, "dispatcher")

    client.post(reverse("dispatch:follow_up", args=[order.pk]), {"contact": "relative"})
    client.post(reverse("dispatch:say", args=[order.pk]), {"value": "partly"})

    with unscoped("test"):
        assert Verdict.objects.get().value == "partly"
    assert FollowUp.objects.get().contact == "relative"
    page = client.get(reverse("dispatch:order", args=[order.pk])).content.decode()
    assert "It helped in part" in page


def _person(world: World, who: str, name: str) -> Any:
    area = NEXT_VILLAGE if who == "sibling_worker" else VILLAGE
    with acting(world.actor(who)) as actor:
        made = register_person(
            actor=actor, details=Details(name=name, area=area), basis="consent", form="spoken"
        )
    return made.pk


def test_opening_the_address_of_a_button_is_answered_by_a_sentence(
    client: Client, world: World
) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    answer = signed_in(client, world, "dispatcher").get(reverse("dispatch:urge", args=[nobody]))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "It belongs to a button." in answer.content.decode()
