"""The pages on which a station asks, the centre decides, and files go from one to another."""

from typing import Any

import pytest
from django.urls import reverse

from linli.kernel.timeline.models import Event
from linli.people.models import Duplicate, Moving, Person

from ..world import World
from .hands import CITIZEN_ID, PHONE, on_file, signed_in, typed


def asked_from_the_page(world: World) -> tuple[Person, Person, Duplicate]:
    """Another station of the county has the number; who types it asks from that very page."""
    known = on_file(
        world, by="sibling_worker", area=350502005001, citizen_id=CITIZEN_ID, phone=PHONE
    )
    client = signed_in(world, "worker")
    told = typed(citizen_id=CITIZEN_ID, born_on="1950-01-01")
    page = client.post(reverse("people:new"), told)
    assert page.status_code == 422 and "Ask the centre" in page.content.decode()
    assert told["preferred_name"] in page.content.decode()
    assert known.name not in page.content.decode().replace(told["name"], "")
    made = client.post(reverse("people:new"), told | {"ask": "number", "ask_words": "同一个人？"})
    person = Person._base_manager.exclude(pk=known.pk).get()
    assert made.url == reverse("people:person", args=[person.pk])  # type: ignore[attr-defined]
    assert (person.citizen_id, person.preferred_name) == ("", told["preferred_name"])
    return known, person, Duplicate._base_manager.get()


def test_a_station_asks_and_the_centre_decides(world: World) -> None:
    known, person, question = asked_from_the_page(world)
    assert question.signal == "citizen_id"
    url = reverse("people:duplicate", args=[question.pk])
    station = signed_in(world, "worker").get(url).content.decode()
    assert reverse("people:person", args=[known.pk]) not in station
    assert "Side by side" not in station
    assert signed_in(world, "sharing_worker").get(url).status_code == 404
    centre = signed_in(world, "dispatcher")
    assert url in centre.get(reverse("site:home")).content.decode()
    assert url in centre.get(reverse("people:duplicates")).content.decode()
    shown = centre.get(url).content.decode()
    assert "side by side" in shown and CITIZEN_ID not in shown and PHONE not in shown
    looked = Event.objects.filter(verb="people.compare_read")
    assert set(looked.values_list("subject_id", flat=True)) == {known.pk, person.pk}
    join = reverse("people:join", args=[question.pk])
    assert "take_preferred_name" in centre.get(join).content.decode()
    sent = centre.post(
        join,
        {
            "kept": str(known.pk),
            "station": str(known.unit_id),
            "serve_both": "on",
            "take_preferred_name": str(person.pk),
            "take_sex": str(person.pk),
            "take_born_on": str(person.pk),
            "take_citizen_id": str(known.pk),
            "take_address": str(known.pk),
        },
    )
    assert sent.url == reverse("people:person", args=[known.pk])  # type: ignore[attr-defined]
    known.refresh_from_db(from_queryset=Person._base_manager.all())
    assert known.preferred_name == "陈阿婆" and known.citizen_id == CITIZEN_ID
    # Whoever has the old address comes to the file that is read now.
    old = signed_in(world, "worker").get(reverse("people:person", args=[person.pk]))
    assert old.url == reverse("people:person", args=[known.pk])  # type: ignore[attr-defined]
    file = signed_in(world, "worker").get(old.url).content.decode()  # type: ignore[attr-defined]
    assert "merged another file" in file
    undo = reverse("people:undo", args=[question.pk])
    assert centre.get(undo).status_code == 200
    centre.post(undo)
    again = signed_in(world, "worker").get(reverse("people:person", args=[person.pk]))
    assert again.status_code == 200 and "took this file out" in again.content.decode()


def test_the_centre_asks_a_station_back_and_says_two_persons(world: World) -> None:
    known, _person, question = asked_from_the_page(world)
    centre = signed_in(world, "dispatcher")
    url = reverse("people:consult", args=[question.pk])
    assert "Test sibling" in centre.get(url).content.decode()
    told = {"station": str(known.unit_id), "words": "她有左手的伤疤吗？"}
    centre.post(url, told)
    head = signed_in(world, "sibling_head")
    answer = reverse("people:answer", args=[question.pk])
    assert told["words"] in head.get(answer).content.decode()
    head.post(answer, {"words": "没有"})
    assert "没有" in centre.get(reverse("people:duplicate", args=[question.pk])).content.decode()
    centre.post(reverse("people:part", args=[question.pk]))
    question.refresh_from_db(from_queryset=Duplicate._base_manager.all())
    assert question.state == "different"
    # A decision is for good: the list offers nothing any more.
    assert centre.get(reverse("people:join", args=[question.pk])).status_code in {302, 404}


@pytest.mark.parametrize("wrong", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_nobody_is_asked_about_a_file_that_is_not_there(world: World, wrong: str) -> None:
    on_file(world)
    sent = signed_in(world, "worker").post(reverse("people:new"), typed(ask=wrong))
    assert sent.status_code in {302, 404, 409}
    assert not Duplicate._base_manager.exists()


def test_two_counties_without_a_common_centre_are_told_so(world: World) -> None:
    on_file(world, by="other_worker", area=350503001001, citizen_id=CITIZEN_ID)
    told = typed(citizen_id=CITIZEN_ID, ask="number")
    page = signed_in(world, "worker").post(reverse("people:new"), told).content.decode()
    assert "No centre in this system answers for both places" in page
    assert told["preferred_name"] in page
    assert Person._base_manager.count() == 1


def move_form(**given: Any) -> dict[str, Any]:
    told = {"area": "350502005001", "moved_on": "2026-01-05", "address": "新街1号"}
    return told | {"words": "搬到女儿家"} | given


def test_a_move_from_page_to_page(world: World) -> None:
    person = on_file(world)
    client = signed_in(world, "worker")
    url = reverse("people:move", args=[person.pk])
    assert "Record a move" in client.get(url).content.decode()
    sent = client.post(url, move_form())
    moving = Moving._base_manager.get()
    assert sent.url == reverse("people:moving", args=[moving.pk])  # type: ignore[attr-defined]
    head = signed_in(world, "sibling_head")
    assert sent.url in head.get(reverse("site:home")).content.decode()  # type: ignore[attr-defined]
    assert "搬到女儿家" in head.get(sent.url).content.decode()  # type: ignore[attr-defined]
    accept = reverse("people:accept", args=[moving.pk])
    assert head.get(accept).status_code == 200
    done = head.post(accept, {"basis": "consent", "form": "spoken"})
    assert done.url == reverse("people:person", args=[person.pk])  # type: ignore[attr-defined]
    file = head.get(done.url).content.decode()  # type: ignore[attr-defined]
    assert "recorded the move of" in file
    assert client.get(reverse("people:person", args=[person.pk])).status_code == 404
    assert client.get(sent.url).status_code == 200  # type: ignore[attr-defined]


def test_what_a_move_must_not_be_is_said_at_its_field(world: World) -> None:
    person = on_file(world)
    client = signed_in(world, "worker")
    url = reverse("people:move", args=[person.pk])
    page = client.post(url, move_form(area="350502004001")).content.decode()
    assert "Several stations serve this place" in page and "新街1号" in page
    chosen = move_form(area="350502004001", station=str(person.unit_id))
    client.post(url, chosen)
    page = client.post(url, move_form(moved_on="2025-12-31")).content.decode()
    assert "A move lies between" in page
    page = client.post(url, move_form(area="350521000000")).content.decode()
    assert Moving._base_manager.count() == 1


def test_a_file_is_closed_and_opened_again(world: World) -> None:
    person = on_file(world)
    client = signed_in(world, "worker")
    url = reverse("people:person", args=[person.pk])
    client.post(
        reverse("people:close", args=[person.pk]), {"why": "died", "closed_on": "2026-01-05"}
    )
    assert "Closed since" in client.get(url).content.decode()
    assert client.post(reverse("people:reopen", args=[person.pk])).url == url  # type: ignore[attr-defined]
    assert "Closed since" not in client.get(url).content.decode()
