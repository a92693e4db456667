"""How areas, their changes and reorganisations read on the pages of administrators."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from linli.kernel.areas.models import AreaChange, AreaVersion, ChangeKind, Reorganisation
from linli.kernel.areas.queries import labels
from linli.kernel.areas.yearly import CERTAIN, GUESS, OPEN
from linli.kernel.ui.moments import exact

# Model → what a person calls its rows; the rest is told together.
KINDS = {
    "people.Person": gettext_lazy("people"),
    "people.Household": gettext_lazy("households"),
    "intake.Request": gettext_lazy("requests"),
    "dispatch.Order": gettext_lazy("orders"),
    "services.Service": gettext_lazy("services"),
    "units.Unit": gettext_lazy("units"),
    "units.ServiceArea": gettext_lazy("service areas"),
    "accounts.Post": gettext_lazy("posts"),
}
SURE = {
    OPEN: gettext_lazy("Needs your answer"),
    GUESS: gettext_lazy("A guess from names and codes: please check"),
    CERTAIN: gettext_lazy("Certain"),
}
ANSWER = "answer-"


def area_url(code: int) -> str:
    return f"{reverse('areas:list')}?area={code:012d}"


def named(names: Mapping[int, str], code: int) -> str:
    return f"{names.get(code, '')} {code:012d}".strip()


def versions(found: Sequence[AreaVersion]) -> list[dict[str, Any]]:
    """Names and parents with their days."""
    above = labels({one.parent_id for one in found if one.parent_id is not None})
    return [
        {
            "name": one.zh,
            "en": one.en,
            "parent": above.get(one.parent_id or 0, ""),
            "first": one.valid_from,
            "last": one.valid_to or "",
        }
        for one in found
    ]


def sentence(kind: str, before: str, after: str, name: str = "") -> str:
    """A change in words."""
    given = {"before": before, "after": after, "name": name}
    if kind == ChangeKind.RENAME:
        return _("%(before)s is now called %(name)s") % given
    if kind == ChangeKind.MERGE:
        return _("%(before)s is merged into %(after)s") % given
    if kind == ChangeKind.RECODE:
        return _("%(before)s is now %(after)s") % given
    if kind == ChangeKind.REPARENT:
        return _("%(before)s now belongs to %(after)s") % given
    return _("%(after)s is split off %(before)s") % given


def changes(found: Sequence[AreaChange]) -> list[dict[str, Any]]:
    """The change log of an area, as a story."""
    names = labels({code for one in found for code in (one.before_id, one.after_id)})
    return [
        {
            "when": one.on_day,
            "sentence": sentence(
                one.kind,
                named(names, one.before_id),
                named(names, one.after_id),
                names.get(one.after_id, ""),
            ),
        }
        for one in found
    ]


def state_of(held: Reorganisation) -> dict[str, Any]:
    if held.taken_back_at is not None:
        return {"label": pgettext_lazy("reorganisation", "taken back"), "phase": "stopped"}
    if held.applied_at is not None:
        return {"label": pgettext_lazy("reorganisation", "in force"), "phase": "done"}
    return {"label": pgettext_lazy("reorganisation", "looked at only"), "phase": "waiting"}


def record_row(held: Reorganisation) -> dict[str, Any]:
    """A reorganisation in the list of them."""
    return {
        "url": reverse("areas:reorganisation", args=[held.pk]),
        "label": _count(len(held.lines)),
        "when": exact(held.applied_at or held.asked_at),
        "state": state_of(held),
    }


def _count(number: int) -> str:
    return ngettext("%(number)s change", "%(number)s changes", number) % {"number": f"{number:,}"}


def summary(lines: Sequence[dict[str, Any]]) -> str:
    """How many changes there are, and how sure they are."""
    sure = Counter(line["certainty"] for line in lines)
    return _("%(changes)s: %(certain)s certain, %(guess)s guessed, %(open)s need an answer.") % {
        "changes": _count(len(lines)),
        "certain": f"{sure[CERTAIN]:,}",
        "guess": f"{sure[GUESS]:,}",
        "open": f"{sure[OPEN]:,}",
    }


def _touches(found: Counter[str]) -> str:
    """What stands under an area, in numbers."""
    said = [f"{found[label]:,} {word}" for label, word in KINDS.items() if found[label]]
    rest = sum(found.values()) - sum(found[label] for label in KINDS)
    said += [_("%(count)s other records") % {"count": f"{rest:,}"}] if rest else []
    return " · ".join(said) or _("nothing stands under it")


def groups(
    lines: Sequence[dict[str, Any]], touched: Sequence[Counter[str]], given: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The changes by how sure they are, what needs an answer first."""
    codes = {code for one in lines for code in (one["before"], one["after"], *one["others"])}
    names = labels(codes)
    new = {one["after"]: one["name"] for one in lines if one["name"]}
    known = new | names
    found = []
    for certainty, title in SURE.items():
        rows = []
        for at, (line, rows_under) in enumerate(zip(lines, touched, strict=True)):
            if line["certainty"] == certainty:
                rows.append(_row(at, line, known, rows_under, given))
        if rows:
            found.append({"title": title, "rows": rows})
    return found


def _row(
    at: int,
    line: dict[str, Any],
    names: Mapping[int, str],
    under: Counter[str],
    given: Mapping[str, str],
) -> dict[str, Any]:
    before, name = named(names, line["before"]), f"{ANSWER}{at}"
    options = [(f"{code}", _into(names, line, code)) for code in line["others"]]
    is_open = line["certainty"] == OPEN
    return {
        "sentence": (
            _("%(before)s is not in the list") % {"before": before}
            if is_open
            else sentence(line["kind"], before, named(names, line["after"]), line["name"])
        ),
        "day": line["day"],
        "touches": _touches(under),
        "name": name,
        "options": options if is_open else [],
        "chosen": given.get(name, ""),
    }


def _into(names: Mapping[int, str], line: dict[str, Any], code: int) -> str:
    """An answer: merged into a neighbour, or nobody knows where in the area above."""
    if code == line["after"]:
        return _("somewhere in %(area)s, it cannot be told where") % {"area": named(names, code)}
    return _("merged into %(area)s") % {"area": named(names, code)}


def answers(given: Mapping[str, str], count: int) -> dict[int, int | None]:
    """The answers that were sent, by the place of their change."""
    found: dict[int, int | None] = {}
    for at in range(count):
        text = given.get(f"{ANSWER}{at}", "")
        if text.isascii() and text.isdigit() and len(text) <= 12:
            found[at] = int(text)
    return found
