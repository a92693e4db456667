"""One small installation is backed up while it works and made again at a chosen second."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ..faults.installation import IDS, PEOPLE, REQUESTS, Installation, folder_for_all, installed

PASSPHRASE = "twelve plain invented words"


@pytest.fixture(scope="module")
def town() -> Iterator[Installation]:
    """An installation with three requests before its backup, two before and one after a moment."""
    with folder_for_all() as folder, installed(folder) as made:
        made.python(PEOPLE)
        passphrase = folder / "passphrase"
        passphrase.write_text(PASSPHRASE)
        (made.home / "media").mkdir()
        (made.home / "media" / "a photo").write_bytes(b"photo")
        made.linli("backup", "start", "--to", str(folder / "backup"))
        file = str(folder / "keys")
        made.linli("backup", "keys", "--to", file, "--passphrase-file", str(passphrase))
        yield made


def requests(town: Installation, count: int) -> set[str]:
    return set(town.python(REQUESTS, str(count)))


def stored(town: Installation) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in town.python(IDS))


def settled(town: Installation) -> datetime:
    """A moment with nothing in the same second, before and after."""
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    return moment


def test_a_backup_is_made_again_at_a_chosen_second(town: Installation) -> None:
    before = requests(town, 3)
    said = town.linli("backup", "now")
    assert "1 files copied." in said
    assert "keys were not put away" not in said
    before |= requests(town, 2)
    moment = settled(town)
    after = requests(town, 1)
    archived = town.python(SWITCH)
    assert archived == ["True"]
    assert "are whole" in town.linli("backup", "check")
    folder = town.folder
    words = ["--from", str(folder / "backup"), "--keys", str(folder / "keys")]
    words += ["--passphrase-file", str(folder / "passphrase")]

    then = town.beside("then")
    said = then.linli("restore", *words, "--to", moment.isoformat())

    # What was sealed opens, the statistics agree, and everybody's grants are there: work goes on.
    assert stored(then) == dict.fromkeys(before, "帮忙")
    assert stored(town) == dict.fromkeys(before | after, "帮忙")
    assert "0 not." in said
    assert (then.home / "media" / "a photo").read_bytes() == b"photo"
    more = requests(then, 1)
    assert stored(then) == dict.fromkeys(before | more, "帮忙")
    assert then.linli("audit", "verify").strip().endswith("The timeline is whole.")
    # Each life of the database has its own name.
    (first,), (as_before, another) = (one.python(EPOCHS) for one in (town, then))
    assert (as_before, another != first) == (first, True)
    # A home that is there is never written over.
    assert "is not empty" in then.linli("restore", *words, code=1)


SWITCH = """
import time
from psycopg import connect
from linli.site import databases
from linli.site.home import Home
with connect(databases.administrator(Home.open()), autocommit=True) as connection:
    part = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]
    for _time in range(300):
        found = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
        if found and found >= part:
            break
        time.sleep(0.1)
    print(found >= part)
"""
EPOCHS = """
from linli.kernel.operations.models import Epoch
for one in Epoch.objects.order_by("began_at"):
    print(one.pk)
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "2020-01-01 00:00:00", "--without-keys"], "The oldest backup begins at"),
        (["--to", "yesterday", "--without-keys"], "is no moment"),
        ([], "Give --keys FILE, or say --without-keys."),
    ],
)
def test_what_cannot_be_restored_leaves_nothing(
    town: Installation, words: list[str], told: str
) -> None:
    other = town.beside("other")

    said = other.linli("restore", "--from", str(town.folder / "backup"), *words, code=None)

    assert told in said
    assert not other.home.exists()


def test_other_keys_and_another_passphrase_are_refused(town: Installation) -> None:
    folder = town.folder
    wrong = folder / "wrong"
    wrong.write_text("another passphrase")
    words = ["restore", "--from", str(folder / "backup"), "--keys", str(folder / "keys")]
    said = town.beside("other").linli(*words, "--passphrase-file", str(wrong), code=1)
    assert "does not open" in said
    beside = ["backup", "keys", "--to", str(folder / "backup" / "keys")]
    said = town.linli(*beside, "--passphrase-file", str(wrong), code=1)
    assert "Not beside the backups" in said
