"""A whole installation of its own in the system's temporary folder, used through the command."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..environment import ROOT

PREPARE = """
from linli.site.cli.start import prepare_installation
prepare_installation()
from linli.site.install import import_areas
import_areas(("3505",))
"""
# A world of users and stations, and a key for the interface; prints the key.
PEOPLE = """
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from tests.world import build_world
with transaction.atomic():
    world = build_world()
    post = Post.objects.get(user=world.users["dispatcher"])
    key = issue(post, name="load", valid_until=timezone.now() + timedelta(days=1))
print(key)
"""
# Requests with what is sealed; prints each id once it is committed.
REQUESTS = """
import sys
from django.db import transaction
from linli.intake import actions as intake
from linli.kernel.accounts.actors import acting, visitor
from tests.world import VILLAGE
for _time in range(int(sys.argv[1])):
    asked = intake.Asked(
        area=VILLAGE, need="care", words="帮忙", for_whom="self", name="张某", phone="13800000000"
    )
    with acting(visitor()) as actor:
        made = intake.register_request(actor=actor, asked=asked, door="public").request
    print(made.pk)
"""
IDS = """
from linli.intake.models import Request
from linli.kernel.scope import unscoped
with unscoped("test"):
    for one in Request.objects.all():
        print(one.pk, one.words)
"""
SET_UP = "from linli.site.cli.groups import set_up_django; set_up_django()\n"


@dataclass(frozen=True)
class Installation:
    """Where it is, and what its commands are told."""

    folder: Path
    home: Path
    environ: dict[str, str]

    def linli(self, *words: str, code: int | None = 0) -> str:
        """Run a command; returns what it said. `code` is how it has to end, None: any."""
        done = subprocess.run(
            [sys.executable, "-m", "linli.site", *words],
            env=self.environ,
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"{words}: {done.returncode}\n{said}"
        return said

    def python(self, text: str, *words: str, set_up: bool = True) -> list[str]:
        """Run a script inside the installation; returns its lines."""
        done = subprocess.run(
            [sys.executable, "-c", (SET_UP if set_up else "") + text, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def beside(self, name: str) -> "Installation":
        """Another one in the same folder, not made yet."""
        home = self.folder / name
        return Installation(self.folder, home, self.environ | {"LINLI_HOME": str(home)})

    def remove(self) -> None:
        """Stop its server and delete what it has."""
        if self.home.exists():
            self.python(REMOVE, set_up=False)


REMOVE = """
from linli.site import databases
from linli.site.home import Home
databases.cluster(Home.open()).remove()
"""


@contextmanager
def folder_for_all(parent: Path | None = None) -> Iterator[Path]:
    """A folder through which the database's user may pass."""
    folder = (parent or Path(tempfile.gettempdir())) / f"linli-test-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def installed(folder: Path, **environ: str) -> Iterator[Installation]:
    """An installation with a durable server, one city's areas and the tests' own people."""
    home = folder / "home"
    given = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    given.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    given |= {"LINLI_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    # The load is one program that calls as fast as it can: a limit would answer in its place.
    given |= {"LINLI_API_CALLS": "1000000", **environ}
    given["DJANGO_SETTINGS_MODULE"] = "linli.site.settings"
    made = Installation(folder, home, given)
    try:
        made.python(PREPARE, set_up=False)
        yield made
    finally:
        for path in folder.iterdir():
            if (path / "secrets").is_dir():
                made.beside(path.name).remove()
