"""The files of a home that are neither keys nor database nor made anew, such as attachments."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from linli.lib.postgres import archive
from linli.site.home import Home

from .notes import NAME

# Kept by other means, made anew, or of this one machine only.
ELSEWHERE = {"database", "database-folder", "keys", "secrets", "static", "log", "metrics", NAME}


def files(folder: Path) -> Iterator[Path]:
    """The names of all files to keep, below `folder`."""
    for top in sorted(folder.iterdir()):
        if top.name in ELSEWHERE or top.name.startswith("."):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path.relative_to(folder)


def copy_new(home: Home, folder: Path) -> int:
    """Copy what the backup does not hold yet; returns how many. Nothing is ever removed there."""
    copied = 0
    for name in files(home.folder):
        source, target = home.path(str(name)), folder / "files" / name
        try:
            found = source.stat()
            if target.exists() and _mark(target) == (found.st_size, found.st_mtime_ns):
                continue
            put(source, target)
        except FileNotFoundError:
            # Thrown away meanwhile.
            continue
        copied += 1
    return copied


def put(source: Path, target: Path) -> None:
    """Copy one file with its times: whole or not at all."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with source.open("rb") as read, draft.open("wb") as written:
        shutil.copyfileobj(read, written, archive.CHUNK)
        written.flush()
        os.fsync(written.fileno())
    shutil.copystat(source, draft)
    draft.chmod(0o600)
    draft.replace(target)


def listed(home: Home) -> dict[str, str]:
    """Every file with its hash, for a manifest."""
    return {str(name): archive.digest(home.path(str(name))) for name in files(home.folder)}


def bring_back(folder: Path, home: Home) -> int:
    """Copy everything the backup holds into a new home; returns how many."""
    source = folder / "files"
    names = list(files(source)) if source.exists() else []
    for name in names:
        put(source / name, home.path(str(name)))
    return len(names)


def differing(home: Home, expected: dict[str, str]) -> list[str]:
    """Files of a manifest that are missing or are not what they were."""
    return [
        name
        for name, hashed in sorted(expected.items())
        if not home.path(name).exists() or archive.digest(home.path(name)) != hashed
    ]


def _mark(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
