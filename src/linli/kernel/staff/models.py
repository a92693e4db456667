from django.db import models

from linli.kernel.accounts.enums import ADMINISTRATORS, Role
from linli.kernel.accounts.models import User
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7


class Proposal(models.Model):
    """An administrator's post that one administrator has proposed and another has to confirm."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proposals")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="proposals")
    role = models.CharField(
        max_length=20, choices=[(one.value, one.label) for one in ADMINISTRATORS]
    )
    first_day = models.DateField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proposed")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="answered", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    is_confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "unit", "role"),
                condition=models.Q(answered_at__isnull=True),
                name="post_proposed_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("proposed_by")), name="nobody_proposes_themself"
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by__isnull=True)
                | models.Q(is_confirmed=False)
                | ~models.Q(answered_by=models.F("proposed_by")),
                name="two_give_a_post",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {Role(self.role).label}"
