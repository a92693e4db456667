"""A click group whose help lists the commands under named headings, and whose known errors are
one sentence without a traceback."""

import os

import click

from linli.lib.postgres import ClusterError
from linli.site.databases import DatabaseError
from linli.site.home import HomeError


class SectionedGroup(click.Group):
    """Commands in sections; `section()` adds one."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.sections: dict[str, list[str]] = {}

    def section(self, title: str, *commands: click.Command) -> None:
        """Add `commands` under the heading `title`, in this order."""
        for command in commands:
            self.add_command(command)
            self.sections.setdefault(title, []).append(str(command.name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name, self.commands[name].get_short_help_str(80)) for name in names]
                )

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ClusterError, DatabaseError, HomeError) as error:
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
