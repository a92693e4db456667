import json
import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .environment import RESULTS
from .timing import Figure

WIDTHS = (42, 9, 9, 9, 8, 30, 8, 26, 5)
HEAD = ("", "p50 ms", "p95 ms", "per s", "cpu ms", "floor", "× floor", "target", "load")


def table(figures: list[Figure]) -> str:
    """The figures of one part as lines for a terminal."""
    lines = [_line(HEAD)]
    for one in figures:
        mark = "" if one.is_met is None else " ✓" if one.is_met else " ✗"
        cells = (
            one.name,
            _number(one.p50),
            _number(one.p95),
            _number(one.per_second),
            _number(one.cpu),
            one.floor,
            _number(one.ratio),
            one.target + mark,
            f"{one.load:.1f}",
        )
        lines.append(_line(cells) + (f"  {one.note}" if one.note else ""))
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(
        _padded(cell, width, right=at in {1, 2, 3, 4, 6, 8})
        for at, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ).rstrip()


def _padded(text: str, width: int, *, right: bool) -> str:
    shown = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
    space = " " * max(0, width - shown)
    return space + text if right else text + space


def missed(figures: list[Figure]) -> list[str]:
    """Every promise that was not kept, with what was measured."""
    return [
        f"{one.part}: {one.name}: {one.target}, measured "
        + (
            one.note
            if one.per_second is None
            else f"{one.per_second:,.0f}/s, p95 {one.p95:,.1f} ms"
        )
        for one in figures
        if one.is_met is False
    ]


def store(figures: list[Figure], facts: dict[str, Any]) -> Path:
    """Write everything as JSON; returns where."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}.json"
    told = {"facts": facts, "figures": [asdict(one) for one in figures]}
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False, default=str), encoding="utf-8")
    return path
