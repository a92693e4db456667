"""Over HTTP, against the server as it is installed, asked by a client in a process of its own."""

from ..timing import Figure
from . import pages, serve, verbs, weights

PART = "Over HTTP"


def measure(floors: dict[str, Figure]) -> list[Figure]:
    """Pages, then what is pressed on them, then what a web process and a page weigh."""
    visitors = pages.Visitors.sign_in()
    with serve.serving() as server:
        made = pages.measure(server, visitors)
        made += verbs.measure(server, visitors)
        made += weights.measure(server, visitors)
        made.append(serve.memory(server))
    return made
