"""Run the web server and the worker as two children that live and die together."""

import signal
import subprocess
import time
from collections.abc import Sequence
from types import FrameType

PATIENCE_SECONDS = 25
EXPECTED = {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def run_together(commands: Sequence[Sequence[str]]) -> int:
    """Run all `commands` until one ends or we are told to stop, then end the others.

    SIGTERM and SIGINT become SIGTERM for every child. The exit code is 0 when we were told to stop
    and every child obeyed; when a child ended by itself it is that child's, and never 0.
    """
    told_to_stop = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told_to_stop
        told_to_stop = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        # A session of their own: Ctrl-C reaches us only, and we pass it on once.
        children.extend(
            subprocess.Popen(command, start_new_session=True)  # noqa: S603  (our own commands)
            for command in commands
        )
        while not told_to_stop and all(child.poll() is None for child in children):
            time.sleep(0.2)
        codes = [child.returncode for child in children if child.returncode is not None]
    finally:
        end(children)
    if codes and not told_to_stop:
        return abs(codes[0]) or 1
    return max(0 if child.returncode in EXPECTED else 1 for child in children)


def end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask every child to end; after `PATIENCE_SECONDS` insist."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + PATIENCE_SECONDS
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
