import hashlib
import secrets
from datetime import datetime

from .models import ApiToken, Post

PREFIX = "linli_"


def _hash(key: str) -> bytes:
    # A key has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(key.encode()).digest()


def issue(post: Post, *, name: str, valid_until: datetime) -> str:
    """Make a key with which a program acts in a post; it is shown this once."""
    key = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(post=post, name=name, key_hash=_hash(key), valid_until=valid_until)
    return key


def post_of(key: str, *, now: datetime) -> Post | None:
    """The post a valid key stands for, or None."""
    if not key.startswith(PREFIX):
        return None
    token = (
        ApiToken.objects.filter(key_hash=_hash(key), valid_until__gt=now, revoked_at__isnull=True)
        .select_related("post__user", "post__unit")
        .first()
    )
    if token is None or not token.post.user.is_active:
        return None
    return token.post
