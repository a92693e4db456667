from django.db import models


class Delta(models.Model):
    """What one statement added to or took from a measure, not yet folded into the cube.

    `area` is the city, `dims` the values of the measure's dimensions in their declared order.
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
    """A cell of the cube: a measure on a day in a city, province or the nation.

    `dim` names the dimension and `value` its value; the total has both empty.
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
