"""Typed events between rooms: published by actions, subscribed to in `site/wiring.py` only."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event: type, handler: Callable[[Any], None]) -> None:
    """Have a handler called for every event of a type; entering it twice changes nothing."""
    if handler not in _subscribers[event]:
        _subscribers[event].append(handler)


def publish(event: object) -> None:
    """Tell the subscribers, in order, in the present transaction; their errors undo it."""
    for handler in _subscribers[type(event)]:
        handler(event)
