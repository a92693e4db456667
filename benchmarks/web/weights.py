"""What a browser has to fetch: HTML, style sheets, scripts and drawings, compressed."""

import gzip
import re
import urllib.request

from ..timing import Figure, load
from .pages import Visitors
from .serve import Server

PART = "Weight of pages"
PORTAL_LIMIT, DESK_LIMIT = 60, 150
ASSET = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def measure(server: Server, visitors: Visitors) -> list[Figure]:
    """The portal at a first visit, and the pages of the desk with everything they need."""
    team = visitors.teams[0]
    cookies = visitors.cookies
    desk = {
        "/desk/": team.dispatcher,
        "/desk/dispatch/": team.dispatcher,
        "/desk/dispatch/board/": team.dispatcher,
        "/desk/statistics/": visitors.officers[0],
        "/desk/intake/new/": team.dispatcher,
    }
    made = [weigh(server, "/", "", PORTAL_LIMIT), weigh(server, "/sign-in/", "", PORTAL_LIMIT)]
    return made + [
        weigh(server, path, f"sessionid={cookies[user.pk]}", DESK_LIMIT)
        for path, user in desk.items()
    ]


def weigh(server: Server, path: str, cookie: str, limit: int) -> Figure:
    """Bytes over the wire; HTML as a proxy compresses it, the rest as it is served."""
    html, is_packed = fetch(server, path, cookie)
    text = (gzip.decompress(html) if is_packed else html).decode()
    packed = len(html) if is_packed else len(gzip.compress(html, 6))
    parts = {"html": packed}
    for address in dict.fromkeys(ASSET.findall(text)):
        body, _ = fetch(server, address, cookie)
        kind = address.rpartition(".")[2]
        parts[kind] = parts.get(kind, 0) + len(body)
    told = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in parts.items())
    note = f"{told}; HTML unpacked {len(text.encode()) / 1000:.0f}"
    made = Figure(PART, path, note=note, load=load())
    return made.at_most(sum(parts.values()) / 1000, limit, "kB")


def fetch(server: Server, path: str, cookie: str) -> tuple[bytes, bool]:
    headers = {"Accept-Encoding": "br, gzip", "Cookie": cookie, "Accept-Language": "zh-CN"}
    request = urllib.request.Request(server.url + path, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return answer.read(), answer.headers.get("Content-Encoding") == "gzip"
