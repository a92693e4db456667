from collections.abc import Iterable
from uuid import UUID


def ids_in(texts: Iterable[object]) -> list[UUID]:
    """The ids among some texts that came from a browser, each once."""
    made = []
    for text in texts:
        try:
            made.append(UUID(str(text)))
        except ValueError:
            continue
    return list(dict.fromkeys(made))
