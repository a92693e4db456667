from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import pgettext_lazy

from linli.lib.uuid7 import uuid7

# English names are found in any case, through an index on their lower case.
models.CharField.register_lookup(Lower)


class Area(models.Model):
    """One division: its code, its level and the dates between which it exists.

    `level` 0 nation, 1 province, 2 city, 3 county, 4 township, 5 village. Pseudo areas ("市辖区"
    under a municipality) hold a place in the codes and are never shown.
    """

    code = models.BigIntegerField(primary_key=True)
    level = models.SmallIntegerField()
    kind = models.CharField(max_length=24)
    is_pseudo = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(level__gte=0, level__lte=5), name="area_level_is_0_to_5"
            ),
            models.CheckConstraint(
                condition=models.Q(code__gte=0, code__lt=1_000_000_000_000),
                name="area_code_has_12_digits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code:012d}"


class AreaVersion(models.Model):
    """What an area was called and where it belonged between two dates."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="versions")
    parent = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")
    zh = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=600)
    initials = models.CharField(max_length=80)
    en = models.CharField(max_length=600)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("area",),
                condition=models.Q(valid_to__isnull=True),
                name="area_has_one_current_version",
            ),
            models.UniqueConstraint(
                fields=("area", "valid_from"), name="area_version_starts_once_a_day"
            ),
        )
        indexes = (
            models.Index(fields=("parent", "valid_to"), name="area_version_parent"),
            models.Index(fields=("zh",), opclasses=("text_pattern_ops",), name="area_zh_prefix"),
            models.Index(
                fields=("initials",), opclasses=("text_pattern_ops",), name="area_initials_prefix"
            ),
            models.Index(
                fields=("pinyin",), opclasses=("text_pattern_ops",), name="area_pinyin_prefix"
            ),
            models.Index(OpClass(Lower("en"), name="text_pattern_ops"), name="area_en_prefix"),
            GinIndex(fields=("zh",), opclasses=("gin_trgm_ops",), name="area_zh_part"),
        )

    def __str__(self) -> str:
        return self.zh


class ChangeKind(models.TextChoices):
    MERGE = "merge", pgettext_lazy("area change", "Merged into")
    SPLIT = "split", pgettext_lazy("area change", "Split off")
    RECODE = "recode", pgettext_lazy("area change", "New code")
    REPARENT = "reparent", pgettext_lazy("area change", "Now belongs to")
    RENAME = "rename", pgettext_lazy("area change", "Renamed")


class Reorganisation(models.Model):
    """One list of changes, looked at first, then put into force as a whole, perhaps taken back.

    `lines` are the changes as they were told, and stay whatever becomes of them; `made` is what
    putting them into force has written, so that taking back undoes just that. `asked_by` and
    `area` say who may go on with it: `area` holds every area concerned.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    area = models.BigIntegerField()
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    lines = models.JSONField(default=list)
    made = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("-asked_at",), name="reorganisation_newest"),)


class AreaChange(models.Model):
    """One line of the change log: from a day on, `before` is (partly) `after`.

    MERGE and RECODE say that everything recorded under `before` belongs to `after`; SPLIT says
    that only an unknown part does, so it cannot be attributed; REPARENT that `before` keeps its
    code and lies in `after` now.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=ChangeKind)
    reorganisation = models.ForeignKey(
        Reorganisation, on_delete=models.PROTECT, null=True, related_name="changes"
    )
    before = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    on_day = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("before", "after", "on_day"), name="area_change_logged_once"
            ),
        )
