from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from linli.kernel.accounts.enums import ActorKind
from linli.lib.uuid7 import uuid7


class Event(models.Model):
    """One thing that happened. `data` holds codes, numbers and ids only, never words.

    `about` are the ids of further rows that it showed or concerned: the persons behind a request
    that was read, the rows of an export. With them "who looked at this person" has one answer.
    The database fills `hash` and `transaction` and refuses every later change.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    user = models.UUIDField(null=True)
    post = models.UUIDField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    area = models.BigIntegerField(null=True)
    unit = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    about = ArrayField(models.UUIDField(), null=True)
    # Filled by trigger: the hash of this row, and the transaction that wrote it.
    hash = models.BinaryField(max_length=32, db_default=models.Value(b""), editable=False)
    transaction = models.BigIntegerField(db_default=models.Value(0), editable=False)

    class Meta:
        indexes = (
            models.Index(fields=("subject_type", "subject_id", "at"), name="event_subject"),
            models.Index(fields=("user", "at"), name="event_user"),
            models.Index(fields=("transaction", "id"), name="event_transaction"),
            GinIndex(
                fields=("about",),
                condition=models.Q(about__isnull=False),
                name="event_about",
            ),
        )


class Seal(models.Model):
    """A link of the chain: all events of the transactions in [`first`, `before`), hashed.

    `head` = SHA-256 of the previous head and the hashes of the events in order. `shift` is added
    to the database's own transaction numbers, which start anew after a restore; `origin` is the
    server's identifier where this part of the chain began.
    """

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    before = models.BigIntegerField()
    events = models.IntegerField()
    head = models.BinaryField(max_length=32)
    shift = models.BigIntegerField(default=0)
    origin = models.CharField(max_length=20, blank=True)
    sealed_at = models.DateTimeField()
