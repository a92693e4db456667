from django.db import models

from linli.kernel.crypto.fields import SealedTextField
from linli.lib.uuid7 import uuid7


class Operation(models.Model):
    """Something that was sent once: by whom, what came of it, and what was answered.

    `holder` names who may send it again (`user:…`, `receipt:…`, `browser:…`); the hash is keyed.
    Without `kept_until` it is kept for ever.
    """

    id = models.UUIDField(primary_key=True)
    holder = models.CharField(max_length=100)
    input_hash = models.BinaryField(max_length=32)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True)
    answer = SealedTextField()
    at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True, db_index=True)


class Epoch(models.Model):
    """A life of this database: the first began when it was made, each other with a restore.

    Whoever keeps what they have sent (a phone, a program) sends it again when the id has changed:
    what was stored after the moment that was restored is not here any more. `until` is that moment,
    or empty when everything that the backup held was restored.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    began_at = models.DateTimeField()
    backup = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField(null=True)
