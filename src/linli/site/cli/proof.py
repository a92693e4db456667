"""`linli stats verify`, `linli audit verify`, `linli check`: 0 = no difference, 1 = differences."""

from collections.abc import Iterable
from pathlib import Path

import click

from .groups import set_up_django


def conclude(differences: Iterable[object], sentence: str) -> None:
    """Print each difference on a line and exit 1, or print `sentence`."""
    lines = [str(difference) for difference in differences]
    for line in lines:
        click.echo(line)
    if lines:
        raise click.exceptions.Exit(1)
    click.echo(sentence)


@click.group()
def stats() -> None:
    """The statistics."""


@stats.command("verify")
def verify_stats() -> None:
    """Recount every cell from the facts."""
    set_up_django()
    from linli.kernel.stats.verify import verify  # noqa: PLC0415  (needs Django)

    conclude(verify(), "No difference between the statistics and the facts.")


@stats.command("rebuild")
@click.option("--measure", "name", help="Only this measure; without it, all of them.")
def rebuild_stats(name: str | None) -> None:
    """Make the statistics anew from the facts, while work goes on, and recount them."""
    set_up_django()
    from linli.kernel.stats.measures import measures  # noqa: PLC0415  (needs Django)
    from linli.kernel.stats.rebuild import rebuild  # noqa: PLC0415  (needs Django)
    from linli.kernel.stats.verify import verify  # noqa: PLC0415  (needs Django)

    chosen = [one for one in measures() if name in {None, one.name}]
    if not chosen:
        known = ", ".join(one.name for one in measures())
        raise click.UsageError(f"There is no measure {name!r}; measures are {known}.")
    for one in chosen:
        click.echo(str(rebuild(one)))
    conclude(verify(chosen), "No difference between the statistics and the facts.")


@click.group()
def audit() -> None:
    """The timeline."""


@audit.command("verify")
@click.option(
    "--heads",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with published heads, kept elsewhere; can be given several times.",
)
def verify_audit(files: tuple[Path, ...]) -> None:
    """Check every hash and every seal of the timeline, and every head that was published of it.

    The files in LINLI_HOME/heads and in LINLI_HEADS are read where they are there.
    """
    set_up_django()
    from linli.kernel.timeline import heads  # noqa: PLC0415  (needs Django)
    from linli.kernel.timeline.verify import verify  # noqa: PLC0415  (needs Django)

    own = [one / heads.FILE for one in heads.folders()]
    kept, unread = heads.published([*(one for one in own if one.exists()), *files])
    report = verify(heads=kept)
    for line in report.moves:
        click.echo(line)
    click.echo(
        f"{report.events:,} events, {report.sealed:,} of them under {report.seals:,} seals,"
        f" compared with {report.published:,} published heads."
    )
    conclude([*unread, *report.problems], "The timeline is whole.")


@audit.command("head")
@click.option(
    "--append",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append it to this file as well.",
)
def head_of_audit(file: Path | None) -> None:
    """Print the present head of the timeline's chain, to be kept elsewhere (on paper, by mail)."""
    set_up_django()
    from linli.kernel.timeline import heads  # noqa: PLC0415  (needs Django)

    head = heads.present()
    if head is None:
        raise click.ClickException("Nothing is sealed yet: the worker seals once a minute.")
    click.echo(head.line())
    if file is not None:
        heads.append(file, head)


@click.command()
def check() -> None:
    """Say what makes this installation unfit for real data."""
    set_up_django()
    from linli.site.check import run_checks  # noqa: PLC0415  (needs Django)

    findings = run_checks()
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.level == "error" for finding in findings)
    click.echo(f"{errors} errors, {len(findings) - errors} warnings.")
    if errors:
        raise click.exceptions.Exit(1)
