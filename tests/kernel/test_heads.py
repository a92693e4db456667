"""Heads published outside the database find what nothing inside it can: a tail that was cut off."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from linli.kernel.accounts.actors import system
from linli.kernel.timeline import heads
from linli.kernel.timeline.models import Event, Seal
from linli.kernel.timeline.record import record
from linli.kernel.timeline.seal import link, seal
from linli.kernel.timeline.verify import verify
from linli.site import check, databases
from linli.site.cli.proof import audit
from linli.site.home import Home

pytestmark = pytest.mark.usefixtures("fresh_database")
PATIENCE = 240.0


def sealed(times: int = 1) -> heads.Head:
    """So many events more, and the head once all are sealed and published."""
    for _time in range(times):
        record(system("tests"), "ui.exported", subject_type="ui.list", subject_id=None)
    seal_all()
    assert heads.publish() == []
    found = heads.present()
    assert found is not None
    return found


def seal_all() -> None:
    """Seal everything; on a server with other databases, their older transactions end first."""
    until = time.monotonic() + PATIENCE
    while not Seal.objects.exists() or verify().sealed < Event.objects.count():
        seal()
        assert time.monotonic() < until, "an older transaction stays open"


@pytest.fixture
def folders(tmp_path: Path, settings: pytest.FixtureRequest) -> list[Path]:
    """Our own folder, and a share of another machine."""
    found = [tmp_path / "own", tmp_path / "share"]
    found[1].mkdir()
    settings.LINLI_HEADS = found  # type: ignore[attr-defined]
    return found


@pytest.fixture
def superuser(database_name: str) -> Iterator[psycopg.Connection]:
    """Somebody who can switch every trigger off."""
    address = make_conninfo(databases.administrator(Home.open()), dbname=database_name)
    with psycopg.connect(address, autocommit=True) as held:
        held.execute("SET session_replication_role = replica")
        yield held


def kept(folders: list[Path]) -> list[heads.Head]:
    return heads.read(folders[1] / heads.FILE)


def problems(folders: list[Path]) -> list[str]:
    return verify(heads=kept(folders)).problems


CUT = (
    "DELETE FROM timeline_event WHERE transaction >= (SELECT max(first) FROM timeline_seal)",
    "DELETE FROM timeline_seal WHERE number = (SELECT max(number) FROM timeline_seal)",
)


def test_heads_are_appended_everywhere_and_each_once(folders: list[Path]) -> None:
    first = sealed(2)
    assert heads.publish() == []
    second = sealed()
    for folder in folders:
        text = (folder / heads.FILE).read_text()
        assert [one.line() for one in heads.read(folder / heads.FILE)] == [
            first.line(),
            second.line(),
        ]
        assert text.startswith("#")
        assert (folder / heads.FILE).stat().st_mode & 0o077 == 0
    assert problems(folders) == []


def test_a_tail_that_was_cut_off_is_found_by_the_head_outside(
    folders: list[Path], superuser: psycopg.Connection
) -> None:
    sealed(2)
    sealed(2)
    for statement in CUT:
        superuser.execute(statement)
    assert verify().problems == [], "nothing inside the database shows it"
    (problem,) = problems(folders)
    assert "seal 2" in problem and "cut off" in problem


def test_a_tail_that_was_replaced_is_found(
    folders: list[Path], superuser: psycopg.Connection
) -> None:
    sealed(2)
    sealed(2)
    before = kept(folders)
    for statement in CUT:
        superuser.execute(statement)
    sealed(2)
    assert verify().problems == [], "nothing inside the database shows it"
    (problem,) = verify(heads=before).problems
    assert "made anew" in problem


def test_a_chain_that_was_made_anew_is_found(
    folders: list[Path], superuser: psycopg.Connection
) -> None:
    """Whoever rules the database edits an event and computes every hash after it again."""
    sealed(3)
    superuser.execute("UPDATE timeline_event SET verb = 'people.read' WHERE true")
    superuser.execute("UPDATE timeline_event e SET hash = linli_event_hash(e)")
    hashes = Event.objects.order_by("transaction", "id").values_list("hash", flat=True)
    head = b"\x00" * 32
    events = list(hashes)
    for one in Seal.objects.order_by("number"):
        mine, events = events[: one.events], events[one.events :]
        head = link(head, mine)
        superuser.execute(
            "UPDATE timeline_seal SET head = %s WHERE number = %s", [head, one.number]
        )
    assert verify().problems == [], "nothing inside the database shows it"
    found = problems(folders)
    assert found
    assert all("made anew" in one for one in found)


def test_what_a_restore_has_lost_is_said_and_is_no_fault(
    folders: list[Path], superuser: psycopg.Connection
) -> None:
    """The chain says itself that it goes on in a restored database; else it is a cut."""
    sealed(1)
    lost = sealed(1)
    for statement in CUT:
        superuser.execute(statement)
    superuser.execute("UPDATE timeline_seal SET origin = 'another server'")
    from linli.kernel.timeline.seal import go_on

    made = go_on()
    assert made is not None and made.number == lost.number
    report = verify(heads=[*kept(folders)])
    assert report.problems == []
    assert any("1 published seals were lost with a restore" in one for one in report.moves)
    # A head that is said to be of a later time was cut off after the restore.
    later = heads.Head(
        timezone.now() + timedelta(days=1), lost.number + 9, lost.before, "", lost.head
    )
    assert any("cut off" in one for one in verify(heads=[later]).problems)


def test_a_folder_that_is_gone_is_told_and_the_others_have_the_head(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.append(folders[0].parent / "not mounted")
    record(system("tests"), "ui.exported", subject_type="ui.list", subject_id=None)
    seal_all()
    (wrong,) = heads.publish()
    assert "not mounted" in wrong
    assert not folders[2].exists()
    assert len(kept(folders)) == 1
    with pytest.raises(heads.Unpublished, match="not mounted"):
        heads.publish_or_fail()
    later = timezone.now() + heads.LATE + timedelta(minutes=1)
    (told,) = heads.late(now=later)
    assert told[0] == "unpublished"
    assert "not mounted" in told[1]


def test_a_worker_that_is_dead_is_told(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sealed, or nothing published; `linli check` says which."""
    sealed()
    later = timezone.now() + heads.LATE + timedelta(minutes=1)
    assert heads.late(now=later) == []
    (folders[1] / heads.FILE).write_text("")
    assert [kind for kind, _where in heads.late(now=later)] == ["unpublished"]
    record(system("tests"), "ui.exported", subject_type="ui.list", subject_id=None)
    assert heads.late() == []
    monkeypatch.setattr(check.heads.timezone, "now", lambda: later)
    found = {one.code: one.level for one in check.chain()}
    assert found == {"timeline.unsealed": "error", "timeline.unpublished": "error"}


def test_heads_in_one_place_only_are_warned_of(folders: list[Path]) -> None:
    del folders[1]
    assert [one.code for one in check.chain()] == ["timeline.anchor"]


def test_the_commands_print_and_compare(
    folders: list[Path], superuser: psycopg.Connection, tmp_path: Path
) -> None:
    head = sealed(2)
    paper = tmp_path / "paper.txt"
    told = CliRunner().invoke(audit, ["head", "--append", str(paper)])
    assert told.output.strip() == head.line()
    told = CliRunner().invoke(audit, ["verify", "--heads", str(paper)])
    assert (told.exit_code, "compared with 1 published heads" in told.output) == (0, True)
    for folder in folders:
        (folder / heads.FILE).unlink()
    superuser.execute("TRUNCATE timeline_event, timeline_seal")
    told = CliRunner().invoke(audit, ["verify", "--heads", str(paper)])
    assert told.exit_code == 1
    assert "cut off" in told.output
    paper.write_text("nonsense\n")
    told = CliRunner().invoke(audit, ["verify", "--heads", str(paper)])
    assert (told.exit_code, "not a published head" in told.output) == (1, True)
    assert "Nothing is sealed yet" in CliRunner().invoke(audit, ["head"]).output


@pytest.mark.parametrize(
    "line", ["x", "2026-01-01T00:00:00Z 1 2 - zz", "a 1 2 - 00", "1 2 3 4 5 6"]
)
def test_a_line_that_is_no_head_is_refused(line: str) -> None:
    with pytest.raises(heads.Unreadable):
        heads.parse(line)
