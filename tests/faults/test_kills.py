from pathlib import Path

from .kills import kill_under_load


def test_kills_under_load_lose_nothing_that_was_acknowledged(
    fresh_database: None, database_name: str, tmp_path: Path
) -> None:
    outcome = kill_under_load(database_name, kills=2, log=tmp_path / "server.log")
    assert outcome.acknowledged > 20, (tmp_path / "server.log").read_text()[-2000:]
    assert outcome.refused == []
    assert (outcome.lost, outcome.half_done) == (0, 0)
    assert (outcome.stats_differences, outcome.timeline_problems) == ([], [])
