"""The command `linli`: one function a command, a few lines each.

Django is set up inside the commands that need it, so that `linli --help` and `linli db up` answer
at once and without a database.
"""

import click

from linli import __version__

from . import backup, data, database, keys, operate, proof, run, start, users
from .groups import SectionedGroup


@click.group(cls=SectionedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="linli")
def main() -> None:
    """Linli: the platform on which grassroots social work runs."""


main.section("Start", start.init, start.demo)
main.section("Users", users.department, users.user, unfolded=True)
main.section("Database", database.db, database.migrate)
main.section("Backup", backup.backup, backup.restore, unfolded=True)
main.section("Data", data.areas, keys.keys)
main.section("Proof", proof.stats, proof.audit, proof.check)
main.section("Run", run.serve, run.work, operate.status, operate.upgrade)
