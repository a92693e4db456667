"""Calls to addresses that somebody typed: only to hosts on the list, only to public addresses.

The name is looked up once, every address it has must be public, and the connection goes to the one
that was looked at: a name that answers otherwise a moment later changes nothing. A redirect is an
answer like any other, and is not followed. The answer's body is not read.
"""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

TIMEOUT_SECONDS = 10.0
# Also for a receiver that sends one letter every nine seconds.
WHOLE_SECONDS = 20.0
OK = range(200, 300)


class NotAllowed(Exception):
    """An address that must not be called; `code` says why: form, host, address, or dns."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answered:
    """What came of a call: the status (0: no answer, `problem` says why) and how long it took."""

    status: int
    milliseconds: int
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status in OK


def checked(url: str) -> SplitResult:
    """The parts of an address whose form and host are allowed. Raises NotAllowed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("form") from error
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not is_plain or not parts.hostname or parts.username is not None or parts.fragment:
        raise NotAllowed("form")
    is_here = settings.LINLI_HOOK_LOOPBACK and parts.hostname == "127.0.0.1"
    if parts.scheme != "https" and not (is_here and parts.scheme == "http"):
        raise NotAllowed("form")
    if port == 0 or not (is_here or _is_listed(parts.hostname)):
        raise NotAllowed("host")
    return parts


def _is_listed(host: str) -> bool:
    """Whether a host, or a domain it lies in (written with a dot before it), is on the list."""
    name = host.lower().rstrip(".")
    return any(
        name.endswith(one) if one.startswith(".") else name == one
        for one in settings.LINLI_HOOK_HOSTS
    )


def resolved(host: str, port: int) -> str:
    """The address of a host; every one it has must be public. Raises NotAllowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotAllowed("dns") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses or not all(_is_public(one) for one in addresses):
        raise NotAllowed("address")
    return addresses[0]


def _is_public(text: str) -> bool:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        # What is wrapped in it decides: both ways lead to an address of the older kind.
        held = address.ipv4_mapped or address.sixtofour
        if held is not None:
            return _is_public(str(held))
        if address.teredo is not None:
            return False
    if settings.LINLI_HOOK_LOOPBACK and address.is_loopback:
        return True
    return address.is_global and not (address.is_multicast or address.is_reserved)


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, whatever its name says now."""

    def __init__(self, parts: SplitResult, address: str) -> None:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        super().__init__(str(parts.hostname), port, timeout=TIMEOUT_SECONDS)
        self.is_sealed, self.address = parts.scheme == "https", address

    def connect(self) -> None:
        raw = socket.create_connection((self.address, self.port), self.timeout)
        self.sock: Any = raw
        if self.is_sealed:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(raw, server_hostname=self.host)

    def give_up(self) -> None:
        """End a call that takes too long, from another thread."""
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)


def send(url: str, *, body: bytes, headers: dict[str, str]) -> Answered:
    """Post a body to an address, once. Whatever goes wrong is an answer, never an error."""
    began = time.monotonic()

    def answered(status: int, problem: str = "") -> Answered:
        return Answered(status, int((time.monotonic() - began) * 1000), problem)

    try:
        parts = checked(url)
        port = parts.port or 443
        connection = _Pinned(parts, resolved(str(parts.hostname), port))
    except NotAllowed as error:
        return answered(0, error.code)
    timer = Timer(WHOLE_SECONDS, connection.give_up)
    timer.daemon = True
    timer.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers=headers)
        return answered(connection.getresponse().status)
    except ssl.SSLError:
        return answered(0, "tls")
    except TimeoutError:
        return answered(0, "timeout")
    except (OSError, http.client.HTTPException, ValueError):
        return answered(0, "connection")
    finally:
        timer.cancel()
        connection.close()
