from django.db import models


class Demonstration(models.Model):
    """That this database holds invented people; one row, written together with them."""

    id = models.BigIntegerField(primary_key=True, default=1)
    made_at = models.DateTimeField()
    seed = models.IntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="demonstration_is_one"),
        )
