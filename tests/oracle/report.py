"""One line at the end of a run: how much the oracle has asked, and what it has found."""

from collections.abc import Callable, Sequence
from typing import Any

KEY = "oracle"


def tell(record_property: Callable[[str, Any], None], what: str, asked: int, wrong: Any) -> None:
    """Note what a test has asked; it goes with the report, from other processes too."""
    found = len(wrong) if isinstance(wrong, Sequence) else int(wrong)
    record_property(KEY, [what, asked, found])


def told(reports: Sequence[Any]) -> str:
    """What all tests have noted, added up by kind."""
    sums: dict[str, list[int]] = {}
    for report in reports:
        for key, value in getattr(report, "user_properties", ()):
            if key == KEY and report.when == "call":
                held = sums.setdefault(value[0], [0, 0])
                held[0] += value[1]
                held[1] += value[2]
    return ", ".join(
        f"{what} {found} of {asked} caught"
        if what == "planted"
        else f"{what} {asked:,} ({found} wrong)"
        for what, (asked, found) in sums.items()
    )
