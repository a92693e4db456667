from pathlib import Path

from tests.faults.kills import kill_under_load

KILLS = 20


def test_twenty_kills_under_load(fresh_database: None, database_name: str, tmp_path: Path) -> None:
    outcome = kill_under_load(database_name, kills=KILLS, log=tmp_path / "server.log")
    print(outcome)  # noqa: T201 - a drill reports
    assert outcome.acknowledged > 200
    assert (outcome.killed, outcome.unanswered >= KILLS) == (2 * KILLS, True)
    assert outcome.refused == []
    assert (outcome.lost, outcome.half_done, outcome.waiting) == (0, 0, 0)
    assert (outcome.stats_differences, outcome.timeline_problems) == ([], [])
