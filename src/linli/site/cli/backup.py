"""`linli backup …` and `linli restore`."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from linli.lib.postgres import archive
from linli.lib.postgres.archive import Base
from linli.site import databases
from linli.site.home import Home

from .groups import set_up_django

HERE = ZoneInfo("Asia/Shanghai")
FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)
FOREIGN = (
    "LINLI_DATABASE_URL is set: that server is backed up where it is administered, with "
    "pg_basebackup and its log, or pgBackRest"
)


class Moment(click.ParamType):
    """A second, in China's time unless it says otherwise."""

    name = "moment"

    def convert(self, value: object, param: object, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f'{value!r} is no moment; write "2026-11-30 12:34:56".')
        return found if found.tzinfo else found.replace(tzinfo=HERE)


def shown() -> Callable[[int, int], None]:
    """Tells at every tenth how far a copy is."""
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if total and (tenths := done * 10 // total) > told:
            told = tenths
            click.echo(f"  {tenths * 10} % of {total / 1e6:.0f} MB")

    return progress


def own_home() -> Home:
    if not databases.is_embedded():
        raise click.ClickException(FOREIGN)
    return Home.open()


def secret(file: Path | None, *, again: bool) -> str:
    """A passphrase from a file's first line, or from the person at the terminal."""
    if file is not None:
        return file.read_text("utf-8").split("\n", 1)[0]
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=again))


@click.group()
def backup() -> None:
    """Copies from which every later second can be made again."""


@backup.command()
@click.option("--to", "folder", type=FOLDER, required=True, help="On another disk.")
def start(folder: Path) -> None:
    """Begin: from now on everything the database writes is copied to a folder."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    take.begin(own_home(), folder)
    click.echo(f"What is written is copied to {folder}. Next: linli backup now, linli backup keys")


@backup.command()
def stop() -> None:
    """Copy nothing away any more; what there is stays."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    take.end(own_home())
    click.echo("Nothing is copied any more.")


@backup.command()
@click.option("--keep", type=click.IntRange(1), help="Then keep this many, remove the older.")
def now(keep: int | None) -> None:
    """Copy the whole installation, while it works."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)
    from linli.site.backup.keys import fingerprint  # noqa: PLC0415
    from linli.site.backup.notes import note_of  # noqa: PLC0415

    home = own_home()
    made = take.take(home, progress=shown(), say=click.echo)
    click.echo(f"{made.name}: {made.size / 1e6:.1f} MB, can be restored from {local(made.is_from)}")
    if keep:
        _prune(take.folder_of(home), keep)
    if note_of(home).keys != fingerprint(home):
        click.echo("The keys were not put away: without them nobody can read what is sealed.")
        click.echo("Run: linli backup keys --to FILE")


@backup.command()
def files() -> None:
    """Copy new files only (attachments); for every minute."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)
    from linli.site.backup.files import copy_new  # noqa: PLC0415

    home = own_home()
    click.echo(f"{copy_new(home, take.folder_of(home))} files copied.")


@backup.command()
@click.option("--to", "file", type=click.Path(path_type=Path, resolve_path=True), required=True)
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def keys(file: Path, passphrase_file: Path | None) -> None:
    """Put keys and secrets away in a sealed file, to be kept where the backups are not."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)
    from linli.site.backup.keys import KeysError  # noqa: PLC0415

    home = Home.open()
    held = take.note_of(home).path
    if held is not None and file.is_relative_to(held):
        raise click.ClickException("Not beside the backups: who finds both can read everything.")
    try:
        take.put_keys_away(home, file, secret(passphrase_file, again=True))
    except KeysError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file} is sealed. Nobody can open it without the passphrase: write that down.")


@backup.command("list")
def list_backups() -> None:
    """The backups there are, and from when they can be restored."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    held = archive.bases(take.folder_of(own_home()))
    for one in held:
        version = one.more["version"]
        click.echo(
            f"{one.name}  {one.size / 1e6:.1f} MB  from {local(one.is_from)}  Linli {version}"
        )
    if not held:
        raise click.ClickException("There is no whole backup yet; run: linli backup now")


@backup.command()
def check() -> None:
    """Read the newest backup and its log through: 0 = whole, 1 = not."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    folder = take.folder_of(own_home())
    held = archive.bases(folder)
    wrong = list(archive.flaws(folder, held[-1])) if held else ["There is no whole backup yet."]
    for line in wrong:
        click.echo(line)
    if wrong:
        raise click.exceptions.Exit(1)
    click.echo(f"{held[-1].name} and its {len(archive.parts(folder))} parts of log are whole.")


@backup.command()
@click.option("--keep", default=14, show_default=True, type=click.IntRange(1))
def prune(keep: int) -> None:
    """Remove all but the newest backups, and the log only the older ones needed."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    _prune(take.folder_of(own_home()), keep)


def _prune(folder: Path, keep: int) -> None:
    gone = archive.prune(folder, keep=keep)
    click.echo(f"{len(gone)} older backups removed.")


@click.command()
@click.option("--from", "folder", type=FOLDER, required=True, help="The folder of the backups.")
@click.option("--to", "until", type=Moment(), help='"2026-11-30 12:34:56"; else the newest.')
@click.option("--keys", "keys_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--without-keys", is_flag=True, help="What is sealed stays unreadable for ever.")
def restore(
    folder: Path,
    until: datetime | None,
    keys_file: Path | None,
    passphrase_file: Path | None,
    without_keys: bool,
) -> None:
    """Make LINLI_HOME, which must be new, from a backup as it was at a chosen second."""
    from linli.site.backup import keys as sealed  # noqa: PLC0415  (slow import)
    from linli.site.backup import restore as restoring  # noqa: PLC0415

    if bool(keys_file) == without_keys:
        raise click.UsageError("Give --keys FILE, or say --without-keys.")
    base = restoring.choose(folder, until)
    try:
        held = None
        if keys_file is not None:
            held = sealed.open_keys(keys_file, secret(passphrase_file, again=False))
        home = restoring.restore(folder, base, until=until, held=held, say=click.echo)
    except sealed.KeysError as error:
        raise click.ClickException(str(error)) from error
    finish(home, base, until)


def finish(home: Home, base: Base, until: datetime | None) -> None:
    """Begin a new epoch and prove what was restored; exit 1 when something is not as it was."""
    set_up_django()
    from django.core.management import call_command  # noqa: PLC0415  (slow import)

    from linli.site.backup import restore as restoring  # noqa: PLC0415
    from linli.site.backup.proof import begin_epoch, problems  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    click.echo(f"Epoch {begin_epoch(base, until)}: phones and programs send again what they keep.")
    restoring.conclude(home)
    wrong = list(problems(base, click.echo))
    for line in wrong:
        click.echo(line)
    if wrong:
        raise click.exceptions.Exit(1)
    click.echo("Restored. Next: linli backup start --to ANOTHER FOLDER, linli serve, linli work")


def local(moment: datetime) -> str:
    return f"{moment.astimezone(HERE):%Y-%m-%d %H:%M:%S}"
