from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7


class Hook(models.Model):
    """An address that is told of some kinds of events, as far as a post sees their subjects.

    The secret signs; the one before it signs too until `former_until`. Who registered it is told
    when messages are given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="hooks")
    url = models.CharField(max_length=400)
    kinds = ArrayField(models.CharField(max_length=40))
    secret = SealedTextField()
    former_secret = SealedTextField()
    former_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    by_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    by_role = models.CharField(max_length=20, choices=Role, blank=True)


class Outcome(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
    GIVEN_UP = "given_up", pgettext_lazy("delivery", "Given up")
    WITHHELD = "withheld", pgettext_lazy("delivery", "Withheld: the post does not see it")


class Delivery(models.Model):
    """One message for one hook; its id is the message's, whoever asks for it again."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("hook", "id"), name="delivery_hook"),
            models.Index(fields=("at",), name="delivery_at"),
        )


class Attempt(models.Model):
    """One try to deliver: the status of the answer (0: none came) and how long it took."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    problem = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField()
