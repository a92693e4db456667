"""Signatures by the Standard Webhooks scheme: HMAC-SHA256 over id, timestamp and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
VERSION = "v1"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, *, message: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def headers(valid: Iterable[str], *, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message, signed with every secret that is valid now."""
    made = (signature(one, message=message, timestamp=timestamp, body=body) for one in valid)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(made),
        "Content-Type": "application/json",
        "User-Agent": "Linli",
    }
