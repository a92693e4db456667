"""A client that costs little: keeps connections open, sends prepared bytes, counts answers.

Run as a program, it reads a plan as JSON from stdin and writes what it saw as JSON to stdout.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 20.0


@dataclass
class Seen:
    """Durations of the answers in seconds, and how many there were of each status."""

    taken: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)


async def ask(port: int, prepared: list[bytes], seen: Seen, until: float, *, once: bool) -> None:
    """One visitor: the requests one after another, from the beginning again unless `once`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    at = 0
    while time.perf_counter() < until and (at < len(prepared) or not once):
        began = time.perf_counter()
        writer.write(prepared[at % len(prepared)])
        status, is_kept = await asyncio.wait_for(_answer(reader), TIMEOUT)
        seen.taken.append(time.perf_counter() - began)
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        at += 1
        if not is_kept:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """Read one answer to its end; its status and whether the connection stays."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = head.split(" ", 2)[1]
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(fields.get("content-length", "0")))
    return status, fields.get("connection") != "close"


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """So many visitors at once for so long; each takes every n-th request."""
    prepared = [one.encode() for one in plan["requests"]]
    visitors, once, seen = plan["visitors"], plan["once"], Seen()
    began = time.perf_counter()
    until = began + plan["seconds"]
    await asyncio.gather(
        *(
            ask(plan["port"], prepared[number::visitors] or prepared, seen, until, once=once)
            for number in range(min(visitors, len(prepared)) if once else visitors)
        )
    )
    return {
        "taken": seen.taken,
        "statuses": seen.statuses,
        "seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
