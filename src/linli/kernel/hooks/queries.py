from collections.abc import Iterable
from uuid import UUID

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post

from .models import Delivery, Hook

SHOWN_DELIVERIES = 50


def hooks_of(actor: Actor, post_ids: Iterable[UUID]) -> list[Hook]:
    """Hooks of some posts in the actor's area, the newest first."""
    here = visible(Post.objects.filter(pk__in=list(post_ids)), actor, "staff.keys")
    held = Hook.objects.filter(post__in=here).select_related("post__unit")
    return list(held.order_by("-id"))


def hook(actor: Actor, hook_id: UUID) -> Hook | None:
    """A hook of a post in the actor's area."""
    here = visible(Post.objects.all(), actor, "staff.keys")
    held = Hook.objects.filter(pk=hook_id, post__in=here)
    return held.select_related("post__unit", "post__user").first()


def hooks_by_id(hook_ids: Iterable[UUID]) -> dict[UUID, Hook]:
    """Hooks for lines on the page of whoever has something to do about them."""
    return {one.pk: one for one in Hook.objects.filter(pk__in=list(hook_ids))}


def deliveries(hook: Hook) -> list[Delivery]:
    """The latest messages of a hook with their tries, the newest first."""
    rows = Delivery.objects.filter(hook=hook).prefetch_related("attempts")
    return list(rows.order_by("-id")[:SHOWN_DELIVERIES])


def delivery(actor: Actor, delivery_id: UUID) -> Delivery | None:
    """A message of a hook of a post in the actor's area."""
    here = visible(Post.objects.all(), actor, "staff.keys")
    held = Delivery.objects.filter(pk=delivery_id, hook__post__in=here)
    return held.select_related("hook__post__unit").first()
