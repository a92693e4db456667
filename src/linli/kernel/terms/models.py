from django.db import models

from linli.lib.uuid7 import uuid7


class TermList(models.TextChoices):
    """The lists that the rooms ask for; a list is added here together with its seed."""

    NEED = "need"
    CONTENT = "content"
    PERSON_CATEGORY = "person_category"
    LEGAL_BASIS = "legal_basis"
    RETURN_REASON = "return_reason"
    REFUSE_REASON = "refuse_reason"
    RESULT = "result"
    RELATION = "relation"
    COMPETENT_BODY = "competent_body"


class Term(models.Model):
    """One code of one list, in force between two dates and, if `area` is set, only there."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    list = models.CharField(max_length=32, choices=TermList)
    code = models.CharField(max_length=40)
    zh = models.CharField(max_length=120)
    en = models.CharField(max_length=200)
    area = models.BigIntegerField(null=True, blank=True)
    position = models.SmallIntegerField(default=0)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("list", "position", "code")
        constraints = (
            models.UniqueConstraint(
                fields=("list", "code", "area", "valid_from"),
                nulls_distinct=False,
                name="term_code_once_per_area_and_start",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="term_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.list}:{self.code}"
