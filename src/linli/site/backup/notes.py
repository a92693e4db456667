"""What an installation knows of its own backups: `LINLI_HOME/backup.json`."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from linli.site.home import Home

NAME = "backup.json"


@dataclass(frozen=True)
class Note:
    """Where the backups are, and which keys were put away when."""

    folder: str = ""
    keys: str = ""
    keys_at: str = ""

    @property
    def path(self) -> Path | None:
        return Path(self.folder) if self.folder else None


def note_of(home: Home) -> Note:
    """What is known; an empty note where no backup was ever asked for."""
    path = home.path(NAME)
    return Note(**json.loads(path.read_text("utf-8"))) if path.exists() else Note()


def keep(home: Home, note: Note) -> None:
    """Write it down, in one step."""
    draft = home.path(f".{NAME}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(note), file, indent=2)
    draft.replace(home.path(NAME))
