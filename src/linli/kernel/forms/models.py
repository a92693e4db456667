from django.db import models

from linli.kernel.crypto.fields import SealedTextField
from linli.lib.uuid7 import uuid7


class Draft(models.Model):
    """What somebody has typed and not yet sent, encrypted; found by the hash of its key."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    key_hash = models.BinaryField(max_length=32, unique=True)
    path = models.CharField(max_length=200)
    values = SealedTextField()
    kept_until = models.DateTimeField(db_index=True)
