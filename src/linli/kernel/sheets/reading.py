"""Has a file read by a process that can do no harm, and is not harmed by what becomes of it."""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

PROGRAM = ("-m", "linli.kernel.sheets.parse")
WALL_SECONDS = 9.0
# Twice what the reader may tell at most: characters it writes as six bytes.
MOST_OUTPUT = 60_000_000
CHUNK = 1 << 16
NICE = 5
# What a process that ended without a word has most likely come to.
ENDED = {-24: "slow", -9: "slow", -6: "large", -25: "broken", -11: "broken"}

# Sheets by name, each with its rows: their number and their cells as text.
Sheets = list[dict[str, Any]]


class Unreadable(Exception):
    """A file that cannot be taken; `code` says why (see `phrases.UNREADABLE`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(
    blob: bytes, *, program: tuple[str, ...] = PROGRAM, seconds: float = WALL_SECONDS
) -> Sheets:
    """The sheets of a file; raises Unreadable, whatever the file is or does."""
    told = _told(_run(blob, program, seconds))
    if "refused" in told:
        raise Unreadable(str(told["refused"]))
    held: Sheets = told["sheets"]
    if not any(one["rows"] for one in held):
        raise Unreadable("empty")
    return held


def _told(answer: tuple[bytes, int]) -> dict[str, Any]:
    output, status = answer
    if status != 0:
        raise Unreadable(ENDED.get(status, "broken"))
    try:
        told = json.loads(output)
    except ValueError as error:
        raise Unreadable("broken") from error
    if not isinstance(told, dict) or not {"refused", "sheets"} & told.keys():
        raise Unreadable("broken")
    return told


def _run(blob: bytes, program: tuple[str, ...], seconds: float) -> tuple[bytes, int]:
    """What the program wrote and how it ended; it is gone on return."""
    # Without our environment, our directory or our terminal.
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-B", "-X", "utf8", *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
        cwd="/",
        start_new_session=True,
        close_fds=True,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    feeder = threading.Thread(target=_feed, args=(process, blob), daemon=True)
    feeder.start()
    try:
        output = _output(process, time.monotonic() + seconds)
        status = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Unreadable("slow") from error
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        feeder.join()
        if process.stdout is not None:
            process.stdout.close()
    return output, status


def _feed(process: "subprocess.Popen[bytes]", blob: bytes) -> None:
    if process.stdin is None:
        return
    # It may end before it has read everything.
    with suppress(OSError):
        process.stdin.write(blob)
    with suppress(OSError):
        process.stdin.close()


def _output(process: "subprocess.Popen[bytes]", until: float) -> bytes:
    held = bytearray()
    with selectors.DefaultSelector() as selector:
        if process.stdout is None:
            return b""
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if not selector.select(left):
                continue
            chunk = os.read(process.stdout.fileno(), CHUNK)
            if not chunk:
                return bytes(held)
            held += chunk
            if len(held) > MOST_OUTPUT:
                raise Unreadable("large")
    raise Unreadable("slow")
