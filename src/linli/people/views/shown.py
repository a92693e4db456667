"""What pages show of a person: numbers masked, dates in words, nothing that was not asked for."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import local_label
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import moments, story
from linli.kernel.ui.moments import day
from linli.kernel.ui.registry import panels_for
from linli.kernel.ui.verbs import buttons
from linli.kernel.ui.wording import bracketed
from linli.lib.checkdigits import mask_citizen_id, mask_phone

from .. import follow, handling
from ..actions import Details
from ..enums import CONSENTS, ConsentForm, DuplicateState, Ending, MoveState, Sex, Signal
from ..models import Basis, Duplicate, Moving, Person
from ..queries import Stay, persons
from ..tables import DUPLICATE_PHASES, MOVE_PHASES, age
from ..workflow import DUPLICATE, MOVING, OPEN

LOOKS = {"people.read", "people.revealed", "people.compare_read"}
SHOWN_LOOKS = 10
SHOWN_EVENTS = 30
TERMS = {"category": TermList.PERSON_CATEGORY, "basis": TermList.LEGAL_BASIS}


def years(born_on: date, today: date) -> str:
    count = age(born_on, today)
    return ngettext("%(count)s year old", "%(count)s years old", count) % {"count": count}


def identity(person: Person, actor: Actor) -> list[str]:
    """The line under the name."""
    parts = [person.preferred_name and _("called %(name)s") % {"name": person.preferred_name}]
    if person.sex != Sex.UNSTATED:
        parts.append(str(Sex(person.sex).label))
    if person.born_on:
        parts.append(years(person.born_on, actor.today))
    return [part for part in (*parts, local_label(person.area_id), person.unit.label) if part]


def numbers(person: Person) -> list[tuple[str, str]]:
    """Phone, citizen id and address as far as they are shown without being asked for."""
    return [
        (_("Phone"), mask_phone(person.phone)),
        (_("Citizen id number"), mask_citizen_id(person.citizen_id)),
        (_("Address"), _("on file") if person.address else ""),
    ]


def bases(person: Person) -> list[dict[str, Any]]:
    return [
        {
            "label": basis_text(one),
            "given_on": day(one.given_on),
            "withdrawn_on": day(one.withdrawn_on),
            "withdraw_url": reverse("people:withdraw", args=[person.pk, one.pk])
            if one.code in CONSENTS and one.withdrawn_on is None
            else "",
        }
        for one in person.bases.all()
    ]


def basis_text(basis: Basis) -> str:
    text = label(TermList.LEGAL_BASIS, basis.code)
    return bracketed(text, ConsentForm(basis.form).label) if basis.form else text


def consent(person: Person) -> dict[str, str]:
    """The badge: the newest basis in force, or that there is none any more, or none at all."""
    held = list(person.bases.all())
    valid = next((one for one in held if one.withdrawn_on is None), None)
    if valid is not None:
        return {"label": label(TermList.LEGAL_BASIS, valid.code), "phase": "done"}
    if held:
        return {"label": _("Consent withdrawn"), "phase": "stopped"}
    return {"label": _("No basis on record"), "phase": "new"}


def categories(person: Person) -> list[dict[str, Any]]:
    """Present and former categories with source and dates, the present ones first."""
    held = sorted(person.categories.all(), key=lambda one: one.valid_to is not None)
    return [
        {
            "label": label(TermList.PERSON_CATEGORY, one.code),
            "source": one.source,
            "since": day(one.valid_from),
            "until": day(one.valid_to),
            "end_url": ""
            if one.valid_to
            else reverse("people:end_category", args=[person.pk, one.pk]),
        }
        for one in held
    ]


def households(held: Iterable[Stay]) -> list[dict[str, Any]]:
    return [
        {
            "relation": label(TermList.RELATION, one.relation),
            "since": day(one.since),
            "until": day(one.until),
            "others": [
                {
                    "name": other.name or _("a person whose file is kept elsewhere"),
                    "url": _file(other.person_id),
                    "relation": label(TermList.RELATION, other.relation),
                    "since": day(other.since),
                }
                for other in one.others
            ],
        }
        for one in held
    ]


def _file(person_id: UUID | None) -> str:
    return reverse("people:person", args=[person_id]) if person_id else ""


def history(person: Person, actor: Actor) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Who opened the file and what was done with it, the newest first."""
    files = sorted(follow.family(person.pk))
    told = lines([("people.person", one) for one in files], words=_words)
    looks = _once_a_day(story.events((one for one in told if one.verb in LOOKS), actor))
    rest = story.events((one for one in told if one.verb not in LOOKS), actor)
    return looks[:SHOWN_LOOKS], rest[:SHOWN_EVENTS]


def _once_a_day(events: list[dict[str, str]]) -> list[dict[str, str]]:
    """The latest look of each kind by each person on each day."""
    kept = {(one["exact"][:10], one["who"], one["sentence"]): one for one in reversed(events)}
    return sorted(kept.values(), key=lambda one: one["exact"], reverse=True)


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    told = {key: label(TERMS[key], value) if key in TERMS else value for key, value in data.items()}
    if data.get("day"):
        told["day"] = day(date.fromisoformat(data["day"]))
    return told | {"why": Ending(data["why"]).label} if data.get("why") in Ending.values else told


def compared(details: Details, same: list[Person]) -> list[dict[str, Any]]:
    """What was typed beside what is on file: a row for each fact, what is equal marked."""
    columns = [_facts(one, one.area_id) for one in same]
    return [
        {
            "label": label,
            "typed": shown,
            "cells": [
                {"text": column[at][1], "is_same": bool(raw) and raw == column[at][2]}
                for column in columns
            ],
        }
        for at, (label, shown, raw) in enumerate(_facts(details, details.area))
    ]


def _facts(one: Details | Person, area: int) -> list[tuple[str, str, object]]:
    """Label, what is shown, and what is compared."""
    return [
        (_("Name"), one.name, one.name),
        (_("Called"), one.preferred_name, one.preferred_name),
        (_("Birth date"), day(one.born_on), one.born_on),
        (_("Phone"), mask_phone(one.phone), one.phone),
        (_("Citizen id number"), mask_citizen_id(one.citizen_id), one.citizen_id),
        (_("Where the person lives"), local_label(area), area),
    ]


def contested(files: list[Person]) -> dict[str, tuple[str, list[str]]]:
    """The details in which two files differ: label, and what each says, numbers masked."""
    told = {
        "name": (_("Name"), lambda one: one.name),
        "preferred_name": (_("Called"), lambda one: one.preferred_name),
        "sex": (_("Sex"), lambda one: str(Sex(one.sex).label)),
        "born_on": (_("Birth date"), lambda one: day(one.born_on)),
        "phone": (_("Phone"), lambda one: mask_phone(one.phone)),
        "citizen_id": (_("Citizen id number"), lambda one: mask_citizen_id(one.citizen_id)),
        "address": (_("Address"), lambda one: _("on file") if one.address else ""),
    }
    return {
        name: (label, [text(one) for one in files])
        for name, (label, text) in told.items()
        if len({getattr(one, name) for one in files}) > 1
    }


def side_by_side(files: list[Person]) -> list[dict[str, Any]]:
    """A row for each fact of two files, what is equal marked."""
    columns = [[*_facts(one, one.area_id), _station(one)] for one in files]
    return [
        {
            "label": rows[0][0],
            "cells": [row[1] for row in rows],
            "is_same": bool(rows[0][2]) and len({row[2] for row in rows}) == 1,
        }
        for rows in zip(*columns, strict=True)
    ]


def _station(one: Person) -> tuple[str, str, object]:
    return _("Station"), one.unit.label, one.unit_id


def question(asked: Duplicate, files: list[Person], actor: Actor) -> dict[str, Any]:
    """The page of a question; without files for who only asked it or has to answer."""
    is_pair = len(files) == 2
    is_open = asked.state in OPEN
    urls = {one: reverse(f"people:{one}", args=[asked.pk]) for one in DUPLICATE_URLS}
    verbs = [
        one for one in buttons(DUPLICATE, asked, lambda verb: urls.get(verb, "")) if one["url"]
    ]
    return {
        "title": _("Is this one person?"),
        "state": {
            "label": DuplicateState(asked.state).label,
            "phase": DUPLICATE_PHASES[DuplicateState(asked.state)],
        },
        "signal": Signal(asked.signal).label,
        "centre": asked.centre.label,
        "asked_by": asked.asked_unit.label if asked.asked_unit else _("the daily comparison"),
        "asked": moments.short(asked.asked_at, now=actor.now),
        "due": moments.short(asked.due_at, now=actor.now) if asked.due_at else "",
        "words": asked.words,
        "answer": asked.answer,
        "verbs": [one for one in verbs if is_pair or one["name"] != "join"],
        "is_incomplete": bool(files) and not is_pair and is_open,
        "files": [
            {"name": one.name, "station": one.unit.label, "url": _file(one.pk)} for one in files
        ],
        "comparison": side_by_side(files) if is_pair else [],
        "panels": panels_for("people.duplicate", actor, files) if is_pair else [],
        "events": story.events(lines([(DUPLICATE.name, asked.pk)]), actor),
    }


DUPLICATE_URLS = ("join", "part", "consult", "answer", "undo")
MOVING_URLS = {"accept": "accept", "refuse": "refuse", "withdraw": "withdraw_move"}


def moving(found: Moving, person: Person, actor: Actor) -> dict[str, Any]:
    """The page of a move. Whoever takes the file over sees who comes, and no more."""
    verbs = buttons(
        MOVING, found, lambda verb: reverse(f"people:{MOVING_URLS[verb]}", args=[found.pk])
    )
    state = MoveState(found.state)
    can_open = persons(actor).filter(pk=person.pk).exists()
    return {
        "title": _("Move of %(name)s") % {"name": person.name},
        "state": {"label": state.label, "phase": MOVE_PHASES[state]},
        "called": person.preferred_name,
        "years": years(person.born_on, actor.today) if person.born_on else "",
        "from_unit": found.from_unit.label,
        "to_place": local_label(found.area_id),
        "to_unit": found.station.label,
        "day": day(found.moved_on),
        "together": found.with_household,
        "words": found.words,
        "answer": found.answer,
        "due": moments.short(found.due_at, now=actor.now) if found.due_at else "",
        "verbs": verbs,
        "file_url": _file(person.pk) if can_open else "",
        "events": story.events(lines([(MOVING.name, found.pk)]), actor),
    }


def places(person: Person, actor: Actor) -> dict[str, Any]:
    """Where a person lived before and moves next, and what can be done about it."""
    waiting = handling.under_way(person)
    may_change = person.may_change  # type: ignore[attr-defined]
    return {
        "former": [
            {
                "place": local_label(one.area_id),
                "station": one.unit.label,
                "until": day(one.until),
            }
            for one in handling.former_places(person)
        ],
        "next": None
        if waiting is None
        else {
            "day": day(waiting.moved_on),
            "place": local_label(waiting.area_id),
            "station": waiting.station.label,
            "state": str(MoveState(waiting.state).label),
            "url": reverse("people:moving", args=[waiting.pk])
            if handling.moving(actor, waiting.pk)
            else "",
        },
        "is_closed": person.closed_on is not None,
        "closed": _("Closed since %(day)s: %(why)s")
        % {"day": day(person.closed_on), "why": Ending(person.closed_why).label}
        if person.closed_on
        else "",
        "may_move": may_change and person.closed_on is None and waiting is None,
        "may_reopen": may_change and person.closed_on is not None,
    }


def questions(person: Person, actor: Actor) -> list[dict[str, Any]]:
    """Questions whether another file is about the same person."""
    return [
        {
            "state": {
                "label": DuplicateState(one.state).label,
                "phase": DUPLICATE_PHASES[DuplicateState(one.state)],
            },
            "signal": Signal(one.signal).label,
            "asked": moments.short(one.asked_at, now=actor.now),
            "url": reverse("people:duplicate", args=[one.pk]),
        }
        for one in handling.about(actor, person)
    ]
