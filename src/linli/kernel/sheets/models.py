from django.db import models

from linli.kernel.accounts.models import Post, User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.scope import Scoped
from linli.lib.uuid7 import uuid7

from .enums import ImportState, Outcome


class Import(Scoped):
    """A file on its way into a register. `unit` is whose it is, `area` where that sits.

    `content` is the file, and once it has been read its cells, until `kept_until`; `plan` says
    which column means what. Both are sealed: nobody looks into them but through this import.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.UPLOADED)
    file_name = SealedTextField()
    # Keyed: the same file at the same unit can be told, and nothing else.
    digest = models.BinaryField(max_length=32)
    bytes = models.PositiveIntegerField()
    content = SealedTextField()
    plan = SealedTextField()
    reason = models.CharField(max_length=40, blank=True)
    total = models.PositiveIntegerField(default=0)
    # Rows by outcome when it ended; before, they are counted.
    counts = models.JSONField(default=dict)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("unit", "uploaded_at", "id"), name="import_unit_uploaded"),
            models.Index(fields=("unit", "digest"), name="import_unit_digest"),
            models.Index(fields=("kept_until",), name="import_kept_until"),
        )


class Row(models.Model):
    """What became of one row of an import: numbers, codes and ids; its cells are in the content.

    `problems` are [column, message, parameters], `made` is [kind, id] of each thing that came of
    it, the thing itself first.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    # Keyed hashes of what tells two rows of a file apart, and of what makes rows belong together.
    key = models.BinaryField(max_length=32, null=True, blank=True)
    group = models.BinaryField(max_length=32, null=True, blank=True)
    problems = models.JSONField(default=list)
    made = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("batch", "outcome", "number"), name="row_batch_outcome"),
            models.Index(fields=("batch", "key"), name="row_batch_key"),
            models.Index(fields=("batch", "group"), name="row_batch_group"),
        )
        constraints = (models.UniqueConstraint(fields=("batch", "number"), name="row_once"),)


class Mapping(Scoped):
    """How the sheets of a unit call our columns and codes, as it was said last."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=40)
    said = SealedTextField()
    said_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("unit", "kind"), name="mapping_once_per_unit_and_kind"),
        )
