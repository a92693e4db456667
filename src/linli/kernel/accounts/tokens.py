import hashlib
import secrets
from datetime import datetime

from .models import ApiToken, Post

PREFIX = "linli_"


def new_key() -> str:
    """A key that nobody guesses; kept as its hash only."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> bytes:
    # A key has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(key.encode()).digest()


def issue(post: Post, *, name: str, valid_until: datetime) -> str:
    """Make a key with which a program acts in a post; it is shown this once."""
    key = new_key()
    ApiToken.objects.create(post=post, name=name, key_hash=hash_of(key), valid_until=valid_until)
    return key


def post_of(key: str, *, now: datetime) -> Post | None:
    """The post a valid key stands for, or None."""
    if not key.startswith(PREFIX):
        return None
    token = (
        ApiToken.objects.filter(key_hash=hash_of(key), valid_until__gt=now, revoked_at__isnull=True)
        .select_related("post__user", "post__unit")
        .first()
    )
    if token is None or not token.post.user.is_active:
        return None
    return token.post
