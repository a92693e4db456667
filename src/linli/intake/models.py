from django.db import models

from linli.dispatch.enums import Urgency
from linli.kernel.accounts.models import User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.scope import Scoped
from linli.lib.uuid7 import uuid7

from .enums import Door, ForWhom, RequestState


class Request(Scoped):
    """A need somebody told us about. `unit` is who answers for it now: centre or station.

    `number` is the receipt; with the PIN (kept as a keyed hash) it opens this request only.
    `merged_into` is the request it is joined with, as long as it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.CharField(max_length=16, unique=True)
    pin_hash = models.BinaryField(max_length=32)
    state = models.CharField(max_length=12, choices=RequestState, default=RequestState.REGISTERED)
    door = models.CharField(max_length=12, choices=Door)
    for_whom = models.CharField(max_length=12, choices=ForWhom)
    need = models.CharField(max_length=40)
    urgency = models.CharField(max_length=12, choices=Urgency)
    words = SealedTextField()
    name = SealedTextField()
    phone = SealedTextField()
    phone_index = models.BinaryField(max_length=32, null=True)
    where = SealedTextField()
    centre = models.ForeignKey(
        "units.Unit", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    registered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    order = models.OneToOneField(
        "dispatch.Order", on_delete=models.PROTECT, null=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False
    )
    # Of the order behind the request this one was joined with: the round in which the holder of
    # this receipt has said whether it helped.
    said_round = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=40, blank=True)
    reply = SealedTextField()
    registered_at = models.DateTimeField()
    registered_on = models.DateField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("area", "registered_on"), name="request_area_day"),
            models.Index(fields=("unit", "registered_on"), name="request_unit_day"),
            models.Index(fields=("area", "registered_at", "id"), name="request_area_registered"),
            models.Index(fields=("unit", "registered_at", "id"), name="request_unit_registered"),
            models.Index(
                fields=("registered_by", "registered_at", "id"), name="request_by_registered"
            ),
            models.Index(fields=("phone_index",), name="request_phone"),
            models.Index(
                fields=("merged_into",),
                condition=models.Q(merged_into__isnull=False),
                name="request_joined",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(state="merged") | models.Q(merged_into__isnull=False),
                name="merged_request_names_the_other",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted") | models.Q(order__isnull=False),
                name="accepted_request_has_an_order",
            ),
        )

    def __str__(self) -> str:
        return self.number


class Addition(models.Model):
    """Something the resident added later, in their own words."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="additions")
    words = SealedTextField()
    at = models.DateTimeField()


class ReceiptFailure(models.Model):
    """A wrong PIN or receipt number, kept for as long as it throttles; hashes only."""

    id = models.BigAutoField(primary_key=True)
    number_hash = models.BinaryField(max_length=32)
    source_hash = models.BinaryField(max_length=32)
    whole_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("number_hash", "at"), name="receipt_failure_number"),
            models.Index(fields=("source_hash", "at"), name="receipt_failure_source"),
            models.Index(fields=("whole_hash", "at"), name="receipt_failure_whole"),
        )
