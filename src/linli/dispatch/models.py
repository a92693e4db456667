from django.db import models

from linli.kernel.accounts.models import User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.flow.clocks import Basis
from linli.kernel.scope import Scoped
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7

from .enums import Contact, OrderState, RoutingReason, Stage, Urgency, Value


class Order(Scoped):
    """What the centre asks a station to do. `unit` is who holds it now: the centre or the station.

    `due_at` is the deadline of the clock that runs, `promised_at` the day told to the resident,
    which no return moves. `bounced_minutes` are the working minutes lost by returns.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.PENDING)
    centre = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    station = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    worker = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    need = models.CharField(max_length=40)
    urgency = models.CharField(max_length=12, choices=Urgency)
    task = SealedTextField()
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The file that was named, if it was merged into another since.
    recorded_as = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    routing = models.CharField(max_length=12, choices=RoutingReason, blank=True)
    considered = models.JSONField(default=list)
    result = models.CharField(max_length=40, blank=True)
    bounces = models.PositiveSmallIntegerField(default=0)
    bounced_minutes = models.PositiveIntegerField(default=0)
    is_binding = models.BooleanField(default=False)
    reopened = models.PositiveSmallIntegerField(default=0)
    urged_at = models.DateTimeField(null=True)
    has_verdict = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    opened_on = models.DateField()
    due_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("area", "opened_on"), name="order_area_day"),
            models.Index(fields=("unit", "opened_on"), name="order_unit_day"),
            models.Index(fields=("area", "opened_at", "id"), name="order_area_opened"),
            models.Index(fields=("unit", "opened_at", "id"), name="order_unit_opened"),
            models.Index(fields=("unit", "state", "due_at"), name="order_unit_state_due"),
            models.Index(fields=("worker", "state"), name="order_worker_state"),
            models.Index(
                fields=("state", "due_at"),
                condition=models.Q(due_at__isnull=False),
                name="order_state_due",
            ),
            models.Index(
                fields=("recorded_as",),
                condition=models.Q(recorded_as__isnull=False),
                name="order_recorded_as",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(state__in=("dispatched", "accepted", "serving", "done"))
                | models.Q(station__isnull=False),
                name="order_at_a_station_names_it",
            ),
        )

    def __str__(self) -> str:
        return self.number


class Remark(models.Model):
    """Words that belong to a move (why it was returned, what came of it); erasable, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="remarks")
    move = models.CharField(max_length=20)
    words = SealedTextField()
    is_for_resident = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class OrderService(models.Model):
    """That a service was given on an order."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="services")
    service = models.OneToOneField("services.Service", on_delete=models.PROTECT, related_name="+")


class FollowUp(models.Model):
    """A follow-up of a finished order by the centre."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="follow_ups")
    contact = models.CharField(max_length=12, choices=Contact)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class Verdict(Scoped):
    """What a resident says about the help, once in each round of an order (a reopened one is a new
    round). Anonymous ones have no order, and only a day.

    Random id: one that carries a time would lead back to the order.
    """

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="verdicts")
    round = models.PositiveSmallIntegerField(default=0)
    value = models.CharField(max_length=8, choices=Value)
    need = models.CharField(max_length=40)
    said_on = models.DateField()

    class Meta:
        indexes = (
            models.Index(fields=("area", "said_on"), name="verdict_area_day"),
            models.Index(fields=("unit", "said_on"), name="verdict_unit_day"),
        )
        constraints = (
            models.UniqueConstraint(fields=("order", "round"), name="verdict_once_per_round"),
        )


class ClockRule(models.Model):
    """How long a stage may take for an urgency; a rule of an area goes before the general one."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    urgency = models.CharField(max_length=12, choices=Urgency)
    stage = models.CharField(max_length=12, choices=Stage)
    area = models.BigIntegerField(null=True, blank=True)
    amount = models.PositiveIntegerField()
    basis = models.CharField(max_length=8, choices=Basis)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("urgency", "stage", "area"),
                nulls_distinct=False,
                name="clock_rule_once_per_area",
            ),
        )


class RoutingRule(models.Model):
    """A county's own rule: orders of a need in an area go to this station first."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    area = models.BigIntegerField()
    need = models.CharField(max_length=40)
    station = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("area", "need"), name="routing_rule_once"),)
