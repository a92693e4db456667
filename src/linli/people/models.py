from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from linli.kernel.accounts.models import User
from linli.kernel.areas.models import Area
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.flow.versions import Versioned
from linli.kernel.scope import Scope, Scoped
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7

from .enums import ConsentForm, DuplicateState, Ending, MoveState, Sex, Signal, Why


def follows(name: str) -> models.Index:
    """Finds the rows that have followed their file into another, and nothing else."""
    return models.Index(
        fields=("recorded_as",),
        condition=models.Q(recorded_as__isnull=False),
        name=f"{name}_recorded_as",
    )


class Person(Scoped, Versioned):
    """Somebody who is served. Names are plain, numbers and address are sealed.

    `area` is where the person lives now, `unit` the station that keeps the file; `also` are further
    stations that may open it (`Serving` says since when and why). A file that was merged into
    another stays as it is and is read through the other; one whose person has died or gone away is
    closed and kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    pinyin_key = models.CharField(max_length=800)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNSTATED)
    born_on = models.DateField(null=True, blank=True)
    phone = SealedTextField()
    phone_index = models.BinaryField(max_length=32, null=True, blank=True)
    citizen_id = SealedTextField()
    citizen_id_index = models.BinaryField(max_length=32, null=True, blank=True)
    address = SealedTextField()
    also = ArrayField(models.UUIDField(), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="absorbed", db_index=False
    )
    closed_on = models.DateField(null=True, blank=True)
    closed_why = models.CharField(
        max_length=12, choices=Ending, blank=True, default="", db_default=""
    )
    registered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("unit", "recorded_at", "id"), name="person_unit_recorded"),
            models.Index(fields=("area", "recorded_at"), name="person_area_recorded"),
            models.Index(fields=("phone_index",), name="person_phone"),
            GinIndex(fields=("also",), name="person_also"),
            models.Index(
                fields=("merged_into",),
                condition=models.Q(merged_into__isnull=False),
                name="person_merged",
            ),
        )
        constraints = (
            # What was merged keeps its number; the file into which it was may have the same.
            models.UniqueConstraint(
                fields=("citizen_id_index",),
                condition=models.Q(merged_into__isnull=True),
                name="person_citizen_id_once",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True, closed_why="")
                | (models.Q(closed_on__isnull=False) & ~models.Q(closed_why="")),
                name="person_closed_for_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def held_in(cls, scope: Scope) -> models.Q:
        """With the files that a station may open beside its own; without those that were merged."""
        if scope.is_everything:
            return models.Q()
        held = scope.condition()
        if scope.unit_ids:
            held |= models.Q(also__overlap=sorted(scope.unit_ids))
        return held & models.Q(merged_into__isnull=True)


class Serving(models.Model):
    """That a station may open a file that another one keeps, between two days and for a reason."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="servings")
    station = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=12, choices=Why)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("person", "station"),
                condition=models.Q(valid_to__isnull=True),
                name="station_serves_a_person_once",
            ),
        )


class FormerPlace(models.Model):
    """Where a person lived, and which station kept the file, until a day."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="former_places")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = SealedTextField()
    until = models.DateField()
    recorded_at = models.DateTimeField()


class NameToken(Scoped):
    """A piece of a person's name by which they are found: characters, pinyin or initials."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    token = models.CharField(max_length=800)

    class Meta:
        indexes = (
            models.Index(
                fields=("unit", "token"),
                opclasses=("uuid_ops", "text_pattern_ops"),
                name="name_token_unit",
            ),
            models.Index(fields=("token",), opclasses=("text_pattern_ops",), name="name_token"),
        )
        constraints = (
            models.UniqueConstraint(fields=("person", "unit", "token"), name="name_token_once"),
        )


class Household(Scoped):
    """People who live together at an address."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    address = SealedTextField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("unit", "recorded_at"), name="household_unit"),)


class Membership(models.Model):
    """That a person belonged to a household between two dates."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    relation = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    recorded_as = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = (follows("membership"),)
        constraints = (
            models.UniqueConstraint(
                fields=("person",),
                condition=models.Q(valid_to__isnull=True),
                name="person_in_one_household_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="membership_ends_after_it_begins",
            ),
        )


class PersonCategory(models.Model):
    """An official decision or stated fact about a person, with source and dates."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="categories")
    code = models.CharField(max_length=40)
    source = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_as = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = (
            models.Index(fields=("code", "person"), name="person_category_code"),
            follows("category"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("person", "code"),
                condition=models.Q(valid_to__isnull=True),
                name="person_category_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="person_category_ends_after_it_begins",
            ),
        )


class Basis(models.Model):
    """Why a person's data may be kept: consent, or another legal basis; consent can be withdrawn.

    Service never depends on it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="bases")
    code = models.CharField(max_length=40)
    form = models.CharField(max_length=12, choices=ConsentForm, blank=True)
    given_on = models.DateField()
    withdrawn_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_as = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = (follows("basis"),)


class Duplicate(Scoped):
    """The question whether two files are about one person. `unit` is whose turn it is.

    `one` is the smaller id, so that a pair is asked about once; `asked_unit` is the station that
    asked, none if the daily comparison found the two.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    one = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=DuplicateState, default=DuplicateState.ASKED)
    signal = models.CharField(max_length=12, choices=Signal)
    centre = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    words = SealedTextField()
    answer = SealedTextField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("centre", "asked_at", "id"), name="duplicate_centre_asked"),
            models.Index(fields=("unit", "asked_at"), name="duplicate_unit_asked"),
        )
        constraints = (
            models.UniqueConstraint(fields=("one", "other"), name="duplicate_asked_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="duplicate_in_one_order"
            ),
        )


class Merge(models.Model):
    """That one file was merged into another, and what the kept one was like before (sealed)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    question = models.ForeignKey(Duplicate, on_delete=models.PROTECT, related_name="merges")
    taken = models.JSONField(default=list)
    before = SealedTextField()
    station_before = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # What it let stations open that could not before: `Serving` rows.
    servings = models.JSONField(default=list)
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("absorbed",),
                condition=models.Q(undone_at__isnull=True),
                name="file_merged_into_one_other",
            ),
        )


class Moving(Scoped):
    """That a person moves on a day to another place: `area` and `unit`, which is `station`, too.

    `from_unit` kept the file when the move was written down; `basis` is what the new station keeps
    it for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="movings")
    state = models.CharField(max_length=12, choices=MoveState, default=MoveState.PROPOSED)
    from_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    station = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = SealedTextField()
    moved_on = models.DateField()
    with_household = models.BooleanField(default=False)
    words = SealedTextField()
    answer = SealedTextField()
    basis = models.CharField(max_length=40, blank=True)
    basis_form = models.CharField(max_length=12, choices=ConsentForm, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("unit", "recorded_at"), name="moving_unit"),
            models.Index(fields=("from_unit", "recorded_at"), name="moving_from_unit"),
            models.Index(fields=("state", "moved_on"), name="moving_due"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("person",),
                condition=models.Q(state__in=("proposed", "agreed")),
                name="person_moves_once_at_a_time",
            ),
        )

    @classmethod
    def held_in(cls, scope: Scope) -> models.Q:
        """With what leaves a station for a place where it has no say."""
        if scope.is_everything or not scope.unit_ids:
            return scope.condition()
        return scope.condition() | models.Q(from_unit__in=scope.unit_ids)
