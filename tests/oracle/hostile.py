"""What somebody would send who wants to break in, and the signs that it has worked."""

import re
from collections.abc import Iterator
from typing import Any

# The mark by which our own attack is known in an answer.
MARK = "zqx"
SCRIPT = f"<script>{MARK}()</script>\"'><img src={MARK} onerror={MARK}()>"
PAYLOADS = (
    SCRIPT,
    f"{MARK}{{{{ 7*191 }}}}${{7*191}}<%= 7*191 %>#{{7*191}}{MARK}",
    "'; SELECT pg_sleep(0); DROP TABLE people_person; --",
    f"x\r\nX-{MARK}: 1\r\n\r\n<b>",
    "\x00\x01\u202e\ufeff",
    "../../../../etc/passwd%00",
    "9" * 60,
    "-1",
    "unit__name__startswith",
    "[]",
    "null",
    "𠀀" * 300,
)
# Names that a list would take for a look-up, an order or an alias if it were careless.
LOOKUPS = (
    "order_by",
    "ordering",
    "sort",
    "fields",
    "unit__zh__startswith",
    "phone__startswith",
    "person__name__icontains",
    "pk__in",
    "id",
    "area_id__gte",
    "worker__password__startswith",
    'x" FROM people_person --',
    "%s",
    "__class__",
    "_negated",
    "connector",
)
NAMES = (
    "q", "who", "area", "unit", "first", "last", "after", "before", "seen", "days", "export",
    "measure", "period", "state", "urgency", "station", "worker", "category", "person", "persons",
    "household", "order", "request", "other", "service", "name", "kind", "next", "language", "in",
    "from", "role", "active", "method", "content", "number", "pin", "lane", "door", "need",
)  # fmt: skip
EXECUTED = re.compile(rf"<script>{MARK}|<img src={MARK}|{MARK}1337|1337{MARK}|<b>$")
# Each is on every answer, whoever asks and whatever comes of it.
HEADERS = {
    "X-Frame-Options": re.compile("DENY"),
    "X-Content-Type-Options": re.compile("nosniff"),
    "Referrer-Policy": re.compile("same-origin"),
    "Cross-Origin-Opener-Policy": re.compile("same-origin"),
    "Content-Security-Policy": re.compile(
        r"(?=.*default-src 'self')(?=.*script-src 'self'(;|$))(?=.*object-src 'none')"
        r"(?=.*base-uri 'none')(?=.*form-action 'self')(?=.*frame-ancestors 'none')"
    ),
}


def addresses(path: str) -> Iterator[str]:
    """A page with every parameter there is, each payload in turn in each of a few of them."""
    from urllib.parse import urlencode

    for turn in range(TURNS):
        given = {
            name: PAYLOADS[(at + turn * STEP) % len(PAYLOADS)] for at, name in enumerate(NAMES)
        }
        more = {name: PAYLOADS[(at + turn) % len(PAYLOADS)] for at, name in enumerate(LOOKUPS)}
        if turn:
            # An export reads no page and ends the others.
            given.pop("export")
        yield f"{path}?{urlencode(given | more)}"


TURNS, STEP = 2, 5


def bodies(form: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A form filled in with attacks: everywhere, and only where any text is taken."""
    yield {name: PAYLOADS[at % len(PAYLOADS)] for at, name in enumerate(form)}
    texts = {name: SCRIPT for name, value in form.items() if value == "filled in"}
    if texts:
        yield form | texts


def signs(response: Any) -> list[str]:
    """What shows that an attack has worked, or that the answer is not protected."""
    found = []
    kind = response.headers.get("Content-Type", "")
    if response.status_code >= 500:
        found.append(f"answered {response.status_code}")
    if kind.startswith("text/html") and EXECUTED.search(
        response.content.decode("utf-8", "replace")
    ):
        found.append("an attack stands in the page as it was sent")
    if any(MARK in name.lower() for name in response.headers):
        found.append("a header was smuggled in")
    for name, wanted in HEADERS.items():
        if not wanted.search(response.headers.get(name, "")):
            found.append(f"no {name}")
    return found
