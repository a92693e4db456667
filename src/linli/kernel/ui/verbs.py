from collections.abc import Callable
from typing import Any

from linli.kernel.flow.machine import Flow


def buttons(flow: Flow, row: Any, url_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Buttons for the moves that a row (annotated by `verbs_for`) allows now.

    A move that asks something opens its form; any other is a plain press.
    """
    return [
        {
            "name": one.name,
            "label": one.label,
            "kind": one.kind,
            "url": url_of(one.name),
            "method": "get" if one.asks else "post",
        }
        for one in flow.moves_of(row)
    ]
