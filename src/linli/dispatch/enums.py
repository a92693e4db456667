from django.db import models
from django.utils.translation import pgettext_lazy


class OrderState(models.TextChoices):
    PENDING = "pending", pgettext_lazy("order state", "To be dispatched")
    ARBITRATION = "arbitration", pgettext_lazy("order state", "To be arbitrated")
    DISPATCHED = "dispatched", pgettext_lazy("order state", "Dispatched")
    ACCEPTED = "accepted", pgettext_lazy("order state", "Accepted")
    SERVING = "serving", pgettext_lazy("order state", "In service")
    DONE = "done", pgettext_lazy("order state", "Done, to be followed up")
    FOLLOWED_UP = "followed_up", pgettext_lazy("order state", "Followed up")
    CLOSED = "closed", pgettext_lazy("order state", "Closed")
    WITHDRAWN = "withdrawn", pgettext_lazy("order state", "Withdrawn")


OPEN_STATES = (
    OrderState.PENDING,
    OrderState.ARBITRATION,
    OrderState.DISPATCHED,
    OrderState.ACCEPTED,
    OrderState.SERVING,
)
AT_STATION = (OrderState.DISPATCHED, OrderState.ACCEPTED, OrderState.SERVING)
# A worker has it in hand.
AT_WORK = (OrderState.ACCEPTED, OrderState.SERVING)
# Somebody still has something to do about it, if only the resident.
UNDER_WAY = (*OPEN_STATES, OrderState.DONE, OrderState.FOLLOWED_UP)
# Whether it helped can be said.
AFTER_SERVICE = (OrderState.DONE, OrderState.FOLLOWED_UP, OrderState.CLOSED)


class Urgency(models.TextChoices):
    """How soon help must begin; the amounts behind it are settings (ClockRule)."""

    IMMEDIATE = "immediate", pgettext_lazy("urgency", "Within 2 hours")
    DAY = "day", pgettext_lazy("urgency", "Within 24 hours")
    WEEK = "week", pgettext_lazy("urgency", "Within 7 days")
    FORTNIGHT = "fortnight", pgettext_lazy("urgency", "Within 15 days")


class Stage(models.TextChoices):
    """The steps that have a deadline."""

    SCREEN = "screen", pgettext_lazy("stage", "Screen")
    DISPATCH = "dispatch", pgettext_lazy("stage", "Dispatch")
    ACCEPT = "accept", pgettext_lazy("stage", "Accept")
    START = "start", pgettext_lazy("stage", "Begin")
    FINISH = "finish", pgettext_lazy("stage", "Finish")
    FOLLOW_UP = "follow_up", pgettext_lazy("stage", "Follow up")
    VERDICT = "verdict", pgettext_lazy("stage", "Resident's verdict")


class RoutingReason(models.TextChoices):
    """Why a station was proposed; shown beside the order."""

    RULE = "rule", pgettext_lazy("routing", "The county's rule for this need and area")
    VILLAGE = "village", pgettext_lazy("routing", "Serves this village or community")
    TOWNSHIP = "township", pgettext_lazy("routing", "Serves this township")
    COUNTY = "county", pgettext_lazy("routing", "Serves the whole county")
    CHOSEN = "chosen", pgettext_lazy("routing", "Chosen by the dispatcher")


class Value(models.TextChoices):
    """The resident's own verdict."""

    HELPED = "helped", pgettext_lazy("verdict", "It helped")
    PARTLY = "partly", pgettext_lazy("verdict", "It helped in part")
    NOT = "not", pgettext_lazy("verdict", "It did not help")


class Contact(models.TextChoices):
    """What came of a follow-up call or visit."""

    REACHED = "reached", pgettext_lazy("follow-up", "Spoke with the person")
    RELATIVE = "relative", pgettext_lazy("follow-up", "Spoke with a relative or neighbour")
    NOT_REACHED = "not_reached", pgettext_lazy("follow-up", "Nobody could be reached")
    DECLINED = "declined", pgettext_lazy("follow-up", "Does not wish to be asked")
