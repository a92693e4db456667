from pathlib import Path

from tests.faults.kills import kill_under_load


def test_twenty_kills_under_load(fresh_database: None, database_name: str, tmp_path: Path) -> None:
    outcome = kill_under_load(database_name, kills=20, log=tmp_path / "server.log")
    print(outcome)  # noqa: T201 - a drill reports
    assert outcome.acknowledged > 200
    assert outcome.refused == []
    assert (outcome.lost, outcome.half_done) == (0, 0)
    assert (outcome.stats_differences, outcome.timeline_problems) == ([], [])
