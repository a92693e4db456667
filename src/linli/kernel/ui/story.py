from collections.abc import Iterable

from linli.kernel.accounts.actors import Actor
from linli.kernel.timeline.queries import Line

from .moments import exact, short


def events(told: Iterable[Line], actor: Actor) -> list[dict[str, str]]:
    """Lines of the timeline as `ui.timeline` takes them, the newest first."""
    return [
        {
            "when": short(one.at, now=actor.now),
            "exact": exact(one.at),
            "who": one.who,
            "sentence": one.sentence,
        }
        for one in reversed(list(told))
    ]
