"""Imports: every contract of pyproject.toml holds, with no exception in any of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import grimp
import pytest

from tools.contracts import PublicFace

from .ladder import linter, rooms
from .source import ROOT

NAME = "Rooms show only their public face"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("linli", cache_dir=None, exclude_type_checking_imports=True)


def public_face() -> PublicFace:
    options = next(one for one in linter()["contracts"] if one["name"] == NAME)
    session = {"root_packages": ["linli"]}
    return PublicFace(name=NAME, session_options=session, contract_options=options)


def broken(graph: grimp.ImportGraph) -> list[str]:
    found: list[str] = public_face().check(graph, verbose=False).metadata["found"]
    return found


def exceptions(config: dict[str, Any]) -> list[str]:
    """Contracts with ignored imports."""
    return [one["name"] for one in config["contracts"] if "ignore_imports" in one]


def test_every_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_contract_has_an_exception() -> None:
    assert exceptions(linter()) == []
    planted = {"contracts": [{"name": "a"}, {"name": "b", "ignore_imports": ["x -> y"]}]}
    assert exceptions(planted) == ["b"]


def test_the_face_contract_is_for_every_room() -> None:
    assert [room.name for room in public_face().rooms] == rooms()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("linli.intake.queries", "linli.dispatch.models"),
        ("linli.gateway.api.orders", "linli.dispatch.forms"),
        ("linli.portal.queries", "linli.people.models"),
        ("linli.site.home", "linli.people.tables"),
    ],
)
def test_an_import_past_the_face_is_found(
    graph: grimp.ImportGraph, importer: str, imported: str
) -> None:
    before = broken(graph)
    for one in (importer, imported):
        graph.add_module(one)
    graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    assert set(broken(graph)) - set(before) == {f"{importer} -> {imported} (l.7)"}
    graph.remove_import(importer=importer, imported=imported)


def test_the_face_may_be_imported(graph: grimp.ImportGraph) -> None:
    before = broken(graph)
    for importer, imported in (
        ("linli.intake.queries", "linli.dispatch.queries"),
        ("linli.site.demo", "linli.people.models"),
        ("linli.people.forms", "linli.people.models"),
    ):
        graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    assert broken(graph) == before
