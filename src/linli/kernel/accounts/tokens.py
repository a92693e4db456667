import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime

from .enums import KeyScope
from .models import ApiToken, Post

PREFIX = "linli_"


def new_key() -> str:
    """A key that nobody guesses; kept as its hash only."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> bytes:
    # A key has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(key.encode()).digest()


def issue(
    post: Post,
    *,
    name: str,
    valid_until: datetime,
    scopes: Iterable[str] = tuple(KeyScope.values),
) -> str:
    """Make a key with which a program acts in a post; it is shown this once."""
    key = new_key()
    ApiToken.objects.create(
        post=post,
        name=name,
        key_hash=hash_of(key),
        valid_until=valid_until,
        scopes=sorted(scopes),
    )
    return key


def token_of(key: str, *, now: datetime) -> ApiToken | None:
    """A valid key of somebody who can sign in, with post, user and unit; None for any other."""
    if not key.startswith(PREFIX):
        return None
    held = ApiToken.objects.filter(
        key_hash=hash_of(key), valid_until__gt=now, revoked_at__isnull=True
    )
    token = held.select_related("post__user", "post__unit").first()
    return token if token is not None and token.post.user.is_active else None


def post_of(key: str, *, now: datetime) -> Post | None:
    """The post a valid key stands for, or None."""
    token = token_of(key, now=now)
    return None if token is None else token.post


def note_use(token: ApiToken, *, on: date) -> None:
    """Remember the last day on which a key was used: at most one write a day."""
    if token.used_on != on:
        ApiToken.objects.filter(pk=token.pk).update(used_on=on)
