"""Published heads: the end of the chain, kept where nobody who rules the database can reach it.

Each head is one line of a file that only grows: in `LINLI_HOME/heads`, and in every folder that
`LINLI_HEADS` names, such as a share of another machine. A chain whose end was cut off, or that was
made anew, does not have the heads that were published of it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .models import Event, Seal

FILE = "linli-heads.txt"
STAMP = "%Y-%m-%dT%H:%M:%SZ"
PARTS = 5
# What is older than this and neither sealed nor published is said to be late.
LATE = timedelta(minutes=15)
HEADING = (
    "# Heads of the timeline's chain: time, seal, first transaction not covered, origin, head.\n"
    "# Check with: linli audit verify --heads THIS-FILE\n"
)


class Unreadable(ValueError):
    """A line of a file with heads says nothing."""


class Unpublished(OSError):
    """A folder did not take the head of the chain."""


@dataclass(frozen=True)
class Head:
    """One published end of the chain: its seal, the edge it reaches to, and the hash."""

    at: datetime
    number: int
    before: int
    origin: str
    head: str

    def line(self) -> str:
        stamp = self.at.astimezone(UTC).strftime(STAMP)
        return f"{stamp} {self.number} {self.before} {self.origin or '-'} {self.head}"


@dataclass(frozen=True)
class Place:
    """A folder in which heads are published: the newest there, or why it cannot be told."""

    folder: Path
    newest: Head | None
    error: str = ""

    def said(self) -> str:
        """The file, and what is wrong with it if that is known."""
        return f"{self.folder / FILE} {self.error}".strip()


def folders() -> list[Path]:
    """Where heads are published, our own home first."""
    found: Sequence[Path] = settings.LINLI_HEADS
    return list(found)


def present(*, using: str = "default") -> Head | None:
    """The end of the chain as it stands in the database; None before the first seal."""
    last = Seal.objects.using(using).order_by("-number").first()
    return _head(last) if last else None


def _head(one: Seal) -> Head:
    return Head(one.sealed_at, one.number, one.before, one.origin, bytes(one.head).hex())


def read(path: Path) -> list[Head]:
    """The heads of a file in the order in which they were published; raises Unreadable."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [parse(line) for line in lines if line.strip() and not line.startswith("#")]


def parse(line: str) -> Head:
    parts = line.split()
    try:
        stamp, number, before, origin, head = parts
        at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
        bytes.fromhex(head)
        return Head(at, int(number), int(before), "" if origin == "-" else origin, head)
    except ValueError as error:
        raise Unreadable(f"not a published head: {line[:80]!r}") from error


def publish(*, using: str = "default") -> list[str]:
    """Append the present head wherever it is not the last line yet; returns what went wrong, a
    sentence for each folder."""
    head = present(using=using)
    return [] if head is None else [told for one in folders() if (told := _publish(one, head))]


def publish_or_fail() -> None:
    """Publish, and let the job fail where a folder did not take it (the others have it then)."""
    wrong = publish()
    if wrong:
        raise Unpublished("; ".join(wrong))


def _publish(folder: Path, head: Head) -> str:
    path = folder / FILE
    try:
        # Our own home is made; a share that is not mounted must not become a folder of this disk.
        if folder == folders()[0]:
            folder.mkdir(mode=0o700, exist_ok=True)
        held = read(path) if path.exists() else []
        if not held or held[-1].line() != head.line():
            append(path, head)
    except (OSError, Unreadable) as error:
        return f"{path}: {error}"
    return ""


def append(path: Path, head: Head) -> None:
    """Add a line to a file of heads, safe on the disk when this returns."""
    is_new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write((HEADING if is_new else "") + head.line() + "\n")
        file.flush()
        os.fsync(file.fileno())


def places() -> list[Place]:
    """Every folder with the newest head in it."""
    found = []
    for folder in folders():
        try:
            held = read(folder / FILE)
            found.append(Place(folder, held[-1] if held else None))
        except (OSError, Unreadable) as error:
            found.append(Place(folder, None, str(error)))
    return found


def late(*, using: str = "default", now: datetime | None = None) -> list[tuple[str, str]]:
    """What has not been sealed or published in time, as (kind, where): the worker is dead, or a
    folder is not there. Kinds: unsealed, unpublished."""
    edge = (now or timezone.now()) - LATE
    last = Seal.objects.using(using).order_by("-number").first()
    waiting = Event.objects.using(using).filter(transaction__gte=last.before if last else 0)
    oldest = waiting.order_by("transaction", "id").first()
    found = [("unsealed", "")] if oldest is not None and oldest.at < edge else []
    due = Seal.objects.using(using).filter(sealed_at__lt=edge).order_by("-number").first()
    if due is None:
        return found
    behind = [one for one in places() if one.newest is None or one.newest.number < due.number]
    return found + [("unpublished", one.said()) for one in behind]


def published(paths: Iterable[Path]) -> tuple[list[Head], list[str]]:
    """All heads of some files, each once, and what could not be read."""
    heads: dict[str, Head] = {}
    problems = []
    for path in paths:
        try:
            heads |= {one.line(): one for one in read(path)}
        except (OSError, Unreadable) as error:
            problems.append(f"{path}: {error}")
    return list(heads.values()), problems
