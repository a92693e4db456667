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
from linli.kernel.ui import story
from linli.kernel.ui.moments import day
from linli.kernel.ui.wording import bracketed
from linli.lib.checkdigits import mask_citizen_id, mask_phone

from ..actions import Details
from ..enums import CONSENTS, ConsentForm, Sex
from ..models import Basis, Person
from ..queries import Stay
from ..tables import age

LOOKS = {"people.read", "people.revealed"}
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
    told = lines([("people.person", person.pk)], words=_words)
    looks = _once_a_day(story.events((one for one in told if one.verb in LOOKS), actor))
    rest = story.events((one for one in told if one.verb not in LOOKS), actor)
    return looks[:SHOWN_LOOKS], rest[:SHOWN_EVENTS]


def _once_a_day(events: list[dict[str, str]]) -> list[dict[str, str]]:
    """The latest look of each kind by each person on each day."""
    kept = {(one["exact"][:10], one["who"], one["sentence"]): one for one in reversed(events)}
    return sorted(kept.values(), key=lambda one: one["exact"], reverse=True)


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    return {key: label(TERMS[key], value) if key in TERMS else value for key, value in data.items()}


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
