"""The units and the compose file are documentation that runs: commands, settings, syntax."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from linli.site import databases, settings
from linli.site.cli import main

from ..environment import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("linli-*"))
PROGRAM = "/opt/linli/bin/linli"
NAME = re.compile(r"\bLINLI_[A-Z_]+")
# Of the compose file itself.
ITS_OWN = {"LINLI_PASSWORD"}


def known_names() -> set[str]:
    """Every environment variable that Linli reads."""
    return {*NAME.findall(settings.__doc__ or ""), *databases.URLS.values(), "LINLI_DATABASE_NAME"}


def refusal(words: list[str]) -> str:
    """Why the command line would not be understood; empty when it would."""
    command: click.Command = main
    context = click.Context(main, info_name="linli")
    try:
        while isinstance(command, click.Group):
            _name, found, words = command.resolve_command(context, words)
            assert found is not None
            command, context = found, click.Context(found, parent=context, info_name=found.name)
        command.parse_args(context, list(words))
    except (click.UsageError, IndexError) as error:
        return str(error) or "there is no command"
    return ""


def commands() -> Iterator[tuple[str, list[str]]]:
    for path in UNITS:
        for line in re.findall(r"^Exec\w+=(.*)$", path.read_text(), re.MULTILINE):
            program, *words = line.split()
            yield path.name, [program, *words]
    for name, one in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].items():
        if "command" in one:
            yield f"compose {name}", [PROGRAM, *one["command"][1:]]


def test_every_command_is_one_of_ours() -> None:
    found = list(commands())
    assert len(found) >= 10
    assert {words[0] for _where, words in found} == {PROGRAM}
    assert [(where, told) for where, words in found if (told := refusal(words[1:]))] == []


@pytest.mark.parametrize("words", [["serv"], ["serve", "--prot", "1"], ["backup", "nwo"], []])
def test_a_command_that_is_none_is_found(words: list[str]) -> None:
    assert refusal(words)


def strange_names(text: str) -> set[str]:
    return set(NAME.findall(text)) - known_names() - ITS_OWN


@pytest.mark.parametrize(
    "path",
    [*UNITS, DEPLOY / "systemd" / "environment", DEPLOY / "compose.yaml"],
    ids=lambda path: path.name,
)
def test_every_setting_is_one_that_is_read(path: Path) -> None:
    assert strange_names(path.read_text()) == set()


def test_a_setting_that_nobody_reads_is_found() -> None:
    assert strange_names("Environment=LINLI_HOMME=/x") == {"LINLI_HOMME"}


def test_every_timer_has_its_service_and_what_compose_names_is_there() -> None:
    names = {path.name for path in UNITS}
    for timer in (name for name in names if name.endswith(".timer")):
        assert timer.replace(".timer", ".service") in names
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for one in compose["services"].values():
        assert set(one.get("depends_on", {})) <= set(compose["services"])
        volumes = {volume.split(":")[0] for volume in one.get("volumes", [])}
        assert volumes <= set(compose["volumes"])
    assert all("127.0.0.1:" in port for one in compose["services"].values()
               for port in one.get("ports", []))  # fmt: skip


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="this system has no systemd")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    def verified(change: tuple[str, str] = ("", "")) -> str:
        for path in UNITS:
            text = path.read_text().replace(PROGRAM, sys.executable)
            (tmp_path / path.name).write_text(text.replace(*change) if change[0] else text)
        done = subprocess.run(
            ["systemd-analyze", "verify", *map(str, sorted(tmp_path.glob("linli-*")))],
            capture_output=True,
            text=True,
        )
        return "\n".join(line for line in done.stderr.splitlines() if str(tmp_path) in line
                         or "linli" in line)  # fmt: skip

    assert verified() == ""
    assert "RestartSecs" in verified(("RestartSec=", "RestartSecs="))
