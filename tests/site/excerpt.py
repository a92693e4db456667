"""A part of the demonstration's script that can be played by itself."""

from collections import Counter
from dataclasses import replace
from random import Random

from linli.lib.areacodes import COUNTY, at_level
from linli.site.demo.asking import WITHOUT_HELP
from linli.site.demo.network import ZONE_DISPATCHER
from linli.site.demo.steps import Script, Step, Tale

OFTEN = 4
SENT_ELSEWHERE = ("dispatch.return_order", "dispatch.transfer_order")


def excerpt(script: Script, *, counties: set[int], requests: int) -> Script:
    """Some requests of some counties, first those with rare turns, and what they need.

    With the whole network there, the households they name and half as many others, and as many
    services outside orders as requests.
    """
    random = Random(1)  # noqa: S311 - no secrets here
    chosen = _varied([one for one in script.requests if one.county in counties], requests, random)
    corrected = [one for one in script.services if "services.correct_service" in one.verbs()]
    here = [one for one in script.services if one.county in counties]
    services = [one for one in corrected if one.county in counties][:OFTEN]
    services += random.sample(here, min(len(here), requests))
    services = list(dict.fromkeys(services))
    named = _named([*chosen, *services])
    people = [one for one in script.people if one.county in counties and _keys(one) & named]
    others = [one for one in script.people if one.county in counties and one not in people]
    people += random.sample(others, min(len(others), requests // 2))
    return replace(
        script,
        network=_network(script.network, counties),
        people=tuple(people),
        services=tuple(services),
        requests=tuple(chosen),
    )


def with_every_turn(script: Script, counties: set[int]) -> set[int]:
    """These counties and, for each verb that occurs in others only, one of those: what is rare
    happens somewhere else in every script."""
    found = set(counties)
    for verb in sorted({verb for tale in script.requests for verb in tale.verbs()}):
        places = {tale.county for tale in script.requests if verb in tale.verbs()}
        if not places & found:
            found.add(min(places))
    return found


def _varied(tales: list[Tale], count: int, random: Random) -> list[Tale]:
    """So many tales, every turn in a few of them if it occurs at all: the rarest first."""
    often = Counter(turn for tale in tales for turn in turns(tale))
    shuffled = random.sample(tales, len(tales))
    waiting = sorted(shuffled, key=lambda tale: min(often[turn] for turn in turns(tale)))
    seen: Counter[str] = Counter()
    chosen: list[Tale] = []
    for is_rare in (True, False):
        for tale in list(waiting):
            if len(chosen) < count and (
                not is_rare or any(seen[turn] < OFTEN for turn in turns(tale))
            ):
                chosen.append(tale)
                waiting.remove(tale)
                seen.update(turns(tale))
    return chosen


def turns(tale: Tale) -> set[str]:
    """What happens in a tale; being sent elsewhere by the zone's own centre counts apart, and so
    does coming back because the request one was joined with has ended."""
    verbs = tale.verbs()
    if "intake.merge_request" in verbs and verbs & WITHOUT_HELP:
        verbs |= {"comes back"}
    if any(step.who == ZONE_DISPATCHER for step in tale.steps):
        verbs |= {"zone", *(f"zone {verb}" for verb in SENT_ELSEWHERE if verb in verbs)}
    return verbs


def _named(tales: list[Tale]) -> set[str]:
    """Keys of persons and households that steps speak of."""
    found: set[str] = set()
    for step in (step for tale in tales for step in tale.steps):
        found.add(step.about)
        found.update(step.facts.get("persons", ()))
        found.update(value for name in ("person", "household") if (value := step.facts.get(name)))
    return found


def _keys(tale: Tale) -> set[str]:
    return {step.about for step in tale.steps} | {
        step.facts["household"] for step in tale.steps if "household" in step.facts
    }


def _network(steps: tuple[Step, ...], counties: set[int]) -> tuple[Step, ...]:
    units: set[str] = set()
    kept = []
    for step in steps:
        if _is_here(step, counties, units):
            kept.append(step)
            units.add(step.about)
    return tuple(kept)


def _is_here(step: Step, counties: set[int], units: set[str]) -> bool:
    """Whether a step belongs to the counties, given the units of theirs so far."""
    if step.verb == "directory.open_site":
        return at_level(step.facts["area"], COUNTY) in counties
    if step.verb == "directory.set_hours":
        return step.about in units
    wanted = step.facts.get("unit") or step.facts.get("station")
    return wanted is None or wanted in units
