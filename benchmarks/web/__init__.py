"""Over HTTP, against the server as it is installed, asked by a client in a process of its own."""

from ..timing import Figure


def measure(floors: dict[str, Figure]) -> list[Figure]:
    return []
