from django.db import models

from linli.kernel.crypto.fields import SealedTextField


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
