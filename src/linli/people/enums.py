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


class Ending(models.TextChoices):
    """Why a file is closed."""

    DIED = "died", pgettext_lazy("file", "The person has died")
    AWAY = "away", pgettext_lazy("file", "Moved to a place without a station")
    ABROAD = "abroad", pgettext_lazy("file", "Moved abroad")


class Why(models.TextChoices):
    """Why a station may open a file that another one keeps."""

    BOTH = "both", pgettext_lazy("station", "serves the person, too")
    HANDOVER = "handover", pgettext_lazy("station", "until its open orders have ended")


class Signal(models.TextChoices):
    """What makes two files look like one person's."""

    CITIZEN_ID = "citizen_id", pgettext_lazy("signal", "The same citizen id number")
    PHONE = "phone", pgettext_lazy("signal", "The same phone and a similar name")
    BIRTH = "birth", pgettext_lazy("signal", "The same name and birth date")
    ASKED = "asked", pgettext_lazy("signal", "A station thinks so")


class DuplicateState(models.TextChoices):
    """Where a question about two files stands."""

    ASKED = "asked", pgettext_lazy("duplicate", "To decide")
    CONSULTED = "consulted", pgettext_lazy("duplicate", "Asked the station")
    SAME = "same", pgettext_lazy("duplicate", "The same person")
    DIFFERENT = "different", pgettext_lazy("duplicate", "Two persons")


class MoveState(models.TextChoices):
    """Where a move stands."""

    PROPOSED = "proposed", pgettext_lazy("move", "To be accepted")
    AGREED = "agreed", pgettext_lazy("move", "Accepted, waits for the day")
    DONE = "done", pgettext_lazy("move", "Moved")
    REFUSED = "refused", pgettext_lazy("move", "Not accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("move", "Withdrawn")


# Legal bases that a person can take back.
CONSENTS = frozenset({"consent", "guardian_consent"})
