"""A click group whose help lists the commands under named headings, and whose known errors are
one sentence without a traceback."""

import os

import click

from linli.lib.postgres import ClusterError
from linli.site.databases import DatabaseError
from linli.site.home import HomeError
from linli.site.keyring import RingError


class SectionedGroup(click.Group):
    """Commands in sections; `section()` adds one."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.sections: dict[str, list[tuple[str, click.Command]]] = {}

    def section(self, title: str, *commands: click.Command, unfolded: bool = False) -> None:
        """Add `commands` under the heading `title`, in this order; with `unfolded`, what a group
        holds stands there itself."""
        shown = self.sections.setdefault(title, [])
        for command in commands:
            self.add_command(command)
            name = str(command.name)
            if unfolded and isinstance(command, click.Group):
                shown += [(f"{name} {verb}", one) for verb, one in command.commands.items()]
            else:
                shown.append((name, command))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, shown in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, one.get_short_help_str(80)) for name, one in shown])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ClusterError, DatabaseError, HomeError, RingError) as error:
            raise click.ClickException(str(error)) from error


def set_up_django() -> None:
    """Load the settings and the models; call it before importing anything from the kernel."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.site.settings")
    import django  # noqa: PLC0415  (slow import)

    django.setup()


def bring_up_to_date() -> None:
    """Tables, triggers and grants of this version, and its style sheets and scripts in the home."""
    set_up_django()
    from django.core.management import call_command  # noqa: PLC0415  (slow import)

    from linli.site.install import migrate  # noqa: PLC0415  (needs Django)

    migrate()
    call_command("collectstatic", interactive=False, verbosity=0)
