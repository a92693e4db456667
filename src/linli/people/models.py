from django.db import models

from linli.kernel.accounts.models import User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.flow.versions import Versioned
from linli.kernel.scope import Scoped
from linli.lib.uuid7 import uuid7

from .enums import ConsentForm, Sex


class Person(Scoped, Versioned):
    """Somebody who is served. Names are plain, numbers and address are sealed.

    `area` is where the person lives, `unit` the station that keeps the file.
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
    registered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("unit", "recorded_at", "id"), name="person_unit_recorded"),
            models.Index(fields=("area", "recorded_at"), name="person_area_recorded"),
            models.Index(fields=("phone_index",), name="person_phone"),
        )
        constraints = (
            models.UniqueConstraint(fields=("citizen_id_index",), name="person_citizen_id_once"),
        )

    def __str__(self) -> str:
        return self.name


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
        constraints = (models.UniqueConstraint(fields=("person", "token"), name="name_token_once"),)


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

    class Meta:
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

    class Meta:
        indexes = (models.Index(fields=("code", "person"), name="person_category_code"),)
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
