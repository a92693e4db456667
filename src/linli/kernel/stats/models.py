from django.db import models


class Delta(models.Model):
    """What one statement added to or took from a measure, not yet folded into the cube.

    `area` is the county, `dims` the values of the measure's dimensions in their declared order.
    """

    id = models.BigAutoField(primary_key=True)
    measure = models.CharField(max_length=32)
    day = models.DateField()
    area = models.BigIntegerField()
    dims = models.JSONField()
    n = models.BigIntegerField()
    s1 = models.BigIntegerField(default=0)
    s2 = models.BigIntegerField(default=0)
    s3 = models.BigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("measure", "area", "day"), name="delta_measure_area"),)


class Tally(models.Model):
    """A cell of the cube: a measure on a day in a county, city, province or the nation.

    `dim` names the dimension and `value` its value; the total has both empty, and is all that is
    held of a county.
    """

    pk = models.CompositePrimaryKey("measure", "area", "dim", "day", "value")
    measure = models.CharField(max_length=32)
    area = models.BigIntegerField()
    dim = models.CharField(max_length=32)
    day = models.DateField()
    value = models.CharField(max_length=60)
    n = models.BigIntegerField()
    s1 = models.BigIntegerField(default=0)
    s2 = models.BigIntegerField(default=0)
    s3 = models.BigIntegerField(default=0)


class KeyDelta(models.Model):
    """How often one statement added a key (a person) to the facts of a month in a county, or took
    it from them; not yet folded. `name` is measure and what is counted: see once.py."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64)
    key = models.UUIDField()
    month = models.DateField()
    area = models.BigIntegerField()
    n = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("name", "area", "month"), name="keydelta_name_area"),)


class Key(models.Model):
    """How often a key occurs in the facts of a month in a county; none that does not."""

    pk = models.CompositePrimaryKey("name", "key", "month", "area")
    name = models.CharField(max_length=64)
    key = models.UUIDField()
    month = models.DateField()
    area = models.BigIntegerField()
    n = models.BigIntegerField()


class Once(models.Model):
    """How many different keys occur in a calendar period (`kind`, beginning with `first`) in a
    county, city, province or the nation."""

    pk = models.CompositePrimaryKey("name", "area", "kind", "first")
    name = models.CharField(max_length=64)
    area = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    first = models.DateField()
    n = models.BigIntegerField()
