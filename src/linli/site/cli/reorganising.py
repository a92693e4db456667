"""What `linli areas preview, apply, take-back, log` do, by the same actions as the page."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID

import click
from django.db import transaction
from django.utils import timezone

from linli.kernel.accounts.actors import Actor, acting, system
from linli.kernel.areas.changes import COLUMNS, Refused, read_text
from linli.kernel.areas.models import Reorganisation
from linli.kernel.areas.yearly import OPEN
from linli.kernel.reorganise import actions, queries

REASON = "areas.terminal"
SAID_AT_MOST = 20


def preview(file: Path, *, day: date | None, out: Path | None) -> None:
    with acting(system(REASON)) as actor:
        _say(_proposed(file, actor, day or actor.today), out)
        # Who only looks stores nothing.
        transaction.set_rollback(True)


def _proposed(file: Path, actor: Actor, day: date) -> Reorganisation:
    try:
        text = read_text(file.read_bytes(), file.name)
        return actions.propose(actor=actor, text=text, source=file.name, day=day)
    except actions.NothingNew as error:
        click.echo(str(error))
        raise click.exceptions.Exit(0) from error
    except Refused as error:
        raise click.ClickException(f"{error}\nNothing was stored.") from error


def _say(made: Reorganisation, out: Path | None) -> None:
    lines = made.lines
    sure = Counter(line["certainty"] for line in lines)
    kinds = Counter(line["kind"] for line in lines)
    click.echo(f"{len(lines)} changes: " + ", ".join(f"{n} {one}" for one, n in kinds.items()))
    click.echo("Of these " + ", ".join(f"{n} {one}" for one, n in sure.items()) + ".")
    some = lines[:SAID_AT_MOST]
    for line, rows in zip(some, queries.touched([one["before"] for one in some]), strict=True):
        to = "?" if line["certainty"] == OPEN else f"{line['after']:012d}"
        touches = ", ".join(f"{n} {label}" for label, n in sorted(rows.items())) or "nothing"
        click.echo(f"  {line['kind']} {line['before']:012d} {to} {line['name']}: {touches}")
    if len(lines) > SAID_AT_MOST:
        click.echo(f"  and {len(lines) - SAID_AT_MOST} more.")
    if out is not None:
        with out.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow([*COLUMNS, "certainty"])
            for line in lines:
                after = "" if line["certainty"] == OPEN else f"{line['after']:012d}"
                row = [line["kind"], f"{line['before']:012d}", after, line["day"], line["name"]]
                writer.writerow([*row, line["certainty"]])
        click.echo(f"Written to {out}. Say in it what became of what is open, then apply it.")


def put_into_force(file: Path) -> None:
    try:
        with acting(system(REASON)) as actor:
            made = _proposed(file, actor, actor.today)
            actions.put_into_force(made, actor=actor, answers={})
    except Refused as error:
        raise click.ClickException(f"{error}\nNothing was stored.") from error
    click.echo(f"In force: {len(made.lines)} changes. To take them back: {made.pk}")


def take_back(number: UUID) -> None:
    try:
        with acting(system(REASON)) as actor:
            held = queries.reorganisation(actor, number)
            if held is None:
                raise click.ClickException("There is no such reorganisation.")
            actions.undo(held, actor=actor)
    except Refused as error:
        raise click.ClickException(f"{error}\nNothing was changed.") from error
    click.echo("Taken back.")


def log() -> None:
    with acting(system(REASON)) as actor:
        for one in queries.reorganisations(actor):
            day = timezone.localdate(one.applied_at) if one.applied_at else "not in force"
            state = " (taken back)" if one.taken_back_at else ""
            click.echo(f"{one.pk}  {day}  {len(one.lines)} changes  {one.area:012d}{state}")
