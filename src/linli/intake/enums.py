from django.db import models
from django.utils.translation import pgettext_lazy


class RequestState(models.TextChoices):
    REGISTERED = "registered", pgettext_lazy("request state", "To be screened")
    ACCEPTED = "accepted", pgettext_lazy("request state", "Accepted")
    INFORMED = "informed", pgettext_lazy("request state", "Informed")
    REFERRED = "referred", pgettext_lazy("request state", "Referred elsewhere")
    REFUSED = "refused", pgettext_lazy("request state", "Not taken on")
    MERGED = "merged", pgettext_lazy("request state", "Joined with an earlier request")
    WITHDRAWN = "withdrawn", pgettext_lazy("request state", "Withdrawn")


# Nobody does anything more about it, and no help was given.
WITHOUT_HELP = (
    RequestState.INFORMED,
    RequestState.REFERRED,
    RequestState.REFUSED,
    RequestState.WITHDRAWN,
)


class Door(models.TextChoices):
    """The way by which a request came."""

    PUBLIC = "public", pgettext_lazy("door", "Public form")
    WINDOW = "window", pgettext_lazy("door", "At the window")
    PHONE = "phone", pgettext_lazy("door", "By phone or 12345")
    GRID = "grid", pgettext_lazy("door", "Grid worker")
    AGENCY = "agency", pgettext_lazy("door", "Another body")
    OUTREACH = "outreach", pgettext_lazy("door", "Found by ourselves")


class ForWhom(models.TextChoices):
    SELF = "self", pgettext_lazy("for whom", "For myself")
    OTHER = "other", pgettext_lazy("for whom", "For somebody else")
    ANONYMOUS = "anonymous", pgettext_lazy("for whom", "Without a name")
