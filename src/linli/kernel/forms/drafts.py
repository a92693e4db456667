import json
import secrets
from datetime import datetime, timedelta

from linli.kernel.crypto.sealing import blind

from .models import Draft

KEPT = timedelta(days=2)
PURPOSE = "forms.draft"
Values = dict[str, list[str]]


def keep(values: Values, *, path: str, now: datetime, key: str = "", kept: timedelta = KEPT) -> str:
    """Store what was typed on a page; returns the key that opens it (a secret for a cookie)."""
    key = key or secrets.token_urlsafe(24)
    Draft.objects.update_or_create(
        key_hash=blind(key, purpose=PURPOSE),
        defaults={"path": path, "values": json.dumps(values), "kept_until": now + kept},
    )
    return key


def keep_on(key: str, *, until: datetime) -> None:
    """Keep a draft longer: its writer is still there."""
    Draft.objects.filter(key_hash=blind(key, purpose=PURPOSE)).update(kept_until=until)


def find(key: str, *, path: str, now: datetime) -> Values | None:
    """What was typed on a page, if the key opens a draft of this page that is still kept."""
    if not key:
        return None
    draft = Draft.objects.filter(
        key_hash=blind(key, purpose=PURPOSE), path=path, kept_until__gt=now
    ).first()
    if draft is None:
        return None
    values: Values = json.loads(draft.values)
    return values


def hold(key: str) -> None:
    """Keep others from this draft until the transaction ends; a second press waits here."""
    Draft.objects.select_for_update().filter(key_hash=blind(key, purpose=PURPOSE)).first()


def drop(key: str) -> None:
    """Forget a draft: what was typed has been stored where it belongs."""
    if key:
        Draft.objects.filter(key_hash=blind(key, purpose=PURPOSE)).delete()


def drop_expired(*, now: datetime) -> int:
    """Forget the drafts that nobody came back for; returns how many."""
    count, _models = Draft.objects.filter(kept_until__lte=now).delete()
    return count
