"""One server: create, start, stop, look at, remove."""

import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from .binaries import ClusterError
from .tuning import memory_bytes, settings

SERVER_USER = "postgres"
START_SECONDS = 300
# The address of a unix socket has room for 107 bytes, the file name takes 19 of them.
LONGEST_SOCKET_DIR = 85
SOCKET_LOCK = ".s.PGSQL.5432.lock"
LINUX = Path("/proc/self/cwd").exists()
CWD = re.compile(r"/proc/(\d+)/cwd -> (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Status:
    """What one look at the server showed."""

    state: Literal["absent", "stopped", "starting", "running"]
    pid: int | None
    socket_dir: Path

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Cluster:
    """A server whose files are all in `data_dir`, run by the programs in `bin_dir`.

    `turbo` gives up durability for speed and is for tests only: `linli check` refuses it.
    """

    data_dir: Path
    bin_dir: Path
    turbo: bool = False

    def up(self) -> Status:
        """Create the server if absent, start it if stopped; safe to call from two processes.

        Raises `ClusterError` when it does not answer in the end.
        """
        self._take_folder()
        with self._locked():
            self._create()
            self._configure()
            if self._ping() is not Ping.OK:
                self._start()
        return self.status()

    def down(self) -> Status:
        """Stop the server, ending its sessions; nothing happens when it is stopped."""
        if self.data_dir.is_dir():
            with self._locked():
                if self.status().pid is not None:
                    self._run("pg_ctl", "stop", "-D", str(self.pgdata), "-m", "fast", "-w")
        return self.status()

    def status(self) -> Status:
        """Look at the process and at the socket: a process id alone proves nothing."""
        if not (self.pgdata / "PG_VERSION").exists():
            return Status("absent", None, self.socket_dir)
        pid = self._postmaster()
        if pid is None:
            return Status("stopped", None, self.socket_dir)
        answers = self._ping() is Ping.OK
        return Status("running" if answers else "starting", pid, self.socket_dir)

    def remove(self) -> None:
        """Stop the server and delete everything in it, for ever."""
        self.down()
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def recover(
        self,
        fill: Callable[[Path], None],
        wanted: Mapping[str, str],
        waiting: Callable[[float], None],
    ) -> None:
        """Become the server whose files `fill` puts into a folder, after a recovery with the
        settings `wanted`; the superuser gets a new password. `waiting` hears each second for how
        long.

        Raises `ClusterError` when there is a server here already, or recovery ends too early.
        """
        self._take_folder()
        with self._locked():
            if self.pgdata.exists():
                raise ClusterError(f"There is a server in {self.data_dir} already.")
            draft = self.data_dir / "pgdata.new"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            fill(draft)
            for path in (draft, *draft.rglob("*")):
                self.give(path)
            draft.rename(self.pgdata)
            self._configure(wanted)
            self._start()
            self._wait_until_recovered(waiting)
            self._run("pg_ctl", "stop", "-D", str(self.pgdata), "-m", "fast", "-w")
            self._configure()
            self._new_password()
        self.up()

    def _wait_until_recovered(self, waiting: Callable[[float], None]) -> None:
        """pg_ctl takes a server that still recovers, and lets nobody in, for one that is up."""
        began = time.monotonic()
        while self._ping() is not Ping.OK:
            if self._postmaster() is None:
                raise ClusterError(f"Recovery ended too early; see {self.data_dir / 'log'}.")
            waiting(time.monotonic() - began)
            time.sleep(1 if time.monotonic() - began > 1 else 0.1)

    def _new_password(self) -> None:
        """Give the superuser a new password, without asking a server that would want the old."""
        self._password_file.unlink(missing_ok=True)
        password = secrets.token_urlsafe(36)
        self._write(self._password_file, password)
        program = [str(self.bin_dir / "postgres"), "--single", "-D", str(self.pgdata), "postgres"]
        done = self._as_server_user(program, told=f"ALTER ROLE postgres PASSWORD '{password}'\n")
        if done.returncode or "ERROR" in done.stdout:
            raise ClusterError("The superuser's password could not be set anew.")

    def give(self, path: Path) -> None:
        """Give a file or folder to the server's user when that is another than we."""
        if self._server_user:
            os.chown(path, self._server_user.pw_uid, self._server_user.pw_gid)

    def can_write(self, folder: Path) -> bool:
        """Whether the server may write into a folder."""
        return self._as_server_user(["test", "-w", str(folder)]).returncode == 0

    def can_read(self, folder: Path) -> bool:
        """Whether the server may read what is in a folder."""
        return self._as_server_user(["test", "-x", str(folder)]).returncode == 0

    def write_script(self, name: str, text: str | None) -> None:
        """Put a script beside the server's data, in one step; None takes it away."""
        path = self.data_dir / name
        if text is None:
            path.unlink(missing_ok=True)
            return
        draft = path.with_name(f".{name}.new")
        draft.unlink(missing_ok=True)
        self._write(draft, text)
        draft.replace(path)

    def conninfo(self, dbname: str = "postgres") -> str:
        """How the superuser connects, as libpq reads it."""
        return make_conninfo(
            "",
            host=str(self.socket_dir),
            user="postgres",
            password=self._password_file.read_text(encoding="ascii"),
            dbname=dbname,
        )

    @property
    def pgdata(self) -> Path:
        return self.data_dir / "pgdata"

    @property
    def socket_dir(self) -> Path:
        """Inside the folder, or in the system's temporary folder when that path is too long."""
        inside = self.data_dir / "socket"
        if re.fullmatch(rf"[\w./-]{{1,{LONGEST_SOCKET_DIR}}}", str(inside), re.ASCII):
            return inside
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"linli-{digest}"

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "password"

    @cached_property
    def _server_user(self) -> pwd.struct_passwd | None:
        """Whom PostgreSQL's programs run as when we are root; nobody else otherwise."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            raise ClusterError(
                "PostgreSQL refuses to run as root and there is no user 'postgres'; "
                "run: useradd --system --shell /usr/sbin/nologin postgres"
            ) from None

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's user; raise what it said on failure."""
        done = self._as_server_user([str(self.bin_dir / program), *arguments])
        if done.returncode:
            raise ClusterError(f"{program} failed: {done.stdout.strip()}")

    def _as_server_user(
        self, command: Sequence[str], *, told: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the server's user, with `told` on its standard input."""
        user = self._server_user
        return subprocess.run(  # noqa: S603  (the programs are found by find_binaries)
            command,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[user.pw_gid] if user else None,
            umask=0o077,
            input=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _take_folder(self) -> None:
        """Make the folders and give them to the server's user, with mode 0700."""
        for folder in (self.data_dir, self.socket_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.is_symlink():
                raise ClusterError(f"{folder} is a link; a server's folder must be a real one.")
            if self._server_user and folder.stat().st_uid == 0:
                os.chown(folder, self._server_user.pw_uid, self._server_user.pw_gid)
            owner = self._server_user.pw_uid if self._server_user else os.geteuid()
            if folder.stat().st_uid != owner:
                raise ClusterError(f"{folder} belongs to another user.")
            folder.chmod(0o700)
        if self._as_server_user(["test", "-x", str(self.data_dir)]).returncode:
            raise ClusterError(
                f"The user {SERVER_USER} cannot reach {self.data_dir}: a parent folder is closed."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        lock = os.open(self.data_dir / "lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _create(self) -> None:
        """initdb into a draft that is renamed, so that a crash leaves no half-made server."""
        if self.pgdata.exists():
            return
        draft = self.data_dir / "pgdata.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._password_file.unlink(missing_ok=True)
        self._write(self._password_file, secrets.token_urlsafe(36))
        speed = ["--no-sync"] if self.turbo else []
        self._run(
            "initdb", "-D", str(draft), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
            "--data-checksums", "--auth-local=scram-sha-256", "--auth-host=scram-sha-256",
            f"--pwfile={self._password_file}", *speed,
        )  # fmt: skip
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists 'linli.conf'\n")
        draft.rename(self.pgdata)

    def _archiving(self) -> dict[str, str]:
        """Where finished parts of the log go, by `archive.py`; nowhere before it was told."""
        if self.turbo:
            return {}
        script = self.data_dir / "archive.sh"
        command = f'/bin/sh "{script}" "%p" "%f"' if script.exists() else "/bin/true"
        return {"archive_command": command}

    def _configure(self, more: Mapping[str, str] | None = None) -> None:
        """Write our settings; what an administrator sets with ALTER SYSTEM stands above them."""
        values = settings(memory_bytes(), self.turbo) | self._archiving() | dict(more or {})
        values["unix_socket_directories"] = str(self.socket_dir)
        text = "".join(f"{name} = {quoted(value)}\n" for name, value in values.items())
        path = self.pgdata / "linli.conf"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        path.unlink(missing_ok=True)
        self._write(path, text)
        if self._ping() is Ping.OK:
            self._run("pg_ctl", "reload", "-D", str(self.pgdata))

    def _write(self, path: Path, text: str) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if self._server_user:
                os.fchown(file.fileno(), self._server_user.pw_uid, self._server_user.pw_gid)
            file.write(text)

    def _start(self) -> None:
        """Start the server, after whatever a killed one left behind has gone.

        A killed postmaster stays visible as a zombie until it is reaped, and its children need a
        moment to notice; PostgreSQL takes either for a living server and refuses to start. Its
        two lock files may go once no process works in pgdata any more.
        """
        deadline = time.monotonic() + START_SECONDS
        while self._survivors():
            if self._ping() is Ping.OK:
                return
            if time.monotonic() > deadline:
                pids = ", ".join(map(str, self._survivors()))
                raise ClusterError(f"Processes {pids} hold {self.pgdata} and do not answer.")
            time.sleep(0.1)
        if LINUX:
            for left in (self.pgdata / "postmaster.pid", self.socket_dir / SOCKET_LOCK):
                left.unlink(missing_ok=True)
        log = self.data_dir / "start.log"
        try:
            self._run(
                "pg_ctl", "start", "-D", str(self.pgdata), "-l", str(log),
                "-w", "-t", str(START_SECONDS),
            )  # fmt: skip
        except ClusterError as error:
            raise ClusterError(f"{error} See {log} and {self.data_dir / 'log'}.") from None

    def _ping(self) -> Ping:
        target = make_conninfo("", host=str(self.socket_dir), dbname="postgres", connect_timeout=3)
        return Ping(PGconn.ping(target.encode()))

    def _postmaster(self) -> int | None:
        """The process id in postmaster.pid, if that process lives and is this server's."""
        pid = self._noted_pid()
        return pid if pid in self._survivors() else None

    def _survivors(self) -> list[int]:
        """Living processes that work in pgdata: the postmaster and its children.

        Linux tells by the working folder, which a zombie has no more; the server's user looks,
        because root in a container may not. Elsewhere only the process named in postmaster.pid
        can be asked.
        """
        if not LINUX:
            return [pid for pid in [self._noted_pid()] if pid and is_alive(pid)]
        listing = self._as_server_user(["sh", "-c", "ls -ld /proc/[0-9]*/cwd 2>/dev/null"]).stdout
        home = str(self.pgdata.resolve())
        return [int(pid) for pid, folder in CWD.findall(listing) if folder == home]

    def _noted_pid(self) -> int | None:
        try:
            return int((self.pgdata / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None


def quoted(value: str) -> str:
    """A value as postgresql.conf reads it."""
    return "'" + value.replace("'", "''") + "'"


def is_alive(pid: int) -> bool:
    """Whether a process with this id can be signalled by us."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
