from django.db import models
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    """As the person states it; never derived from a number."""

    FEMALE = "female", pgettext_lazy("sex", "Female")
    MALE = "male", pgettext_lazy("sex", "Male")
    UNSTATED = "unstated", pgettext_lazy("sex", "Not stated")


class ConsentForm(models.TextChoices):
    """How consent was given."""

    SIGNED = "signed", pgettext_lazy("consent", "Signed on paper")
    SPOKEN = "spoken", pgettext_lazy("consent", "Spoken, with a witness")
    ONLINE = "online", pgettext_lazy("consent", "Online")
    GUARDIAN = "guardian", pgettext_lazy("consent", "By the guardian")


# Legal bases that a person can take back.
CONSENTS = frozenset({"consent", "guardian_consent"})
