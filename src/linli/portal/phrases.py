"""What residents read: the same facts, said to the person they are about."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.dispatch.enums import OrderState, Urgency
from linli.intake.enums import RequestState

# Icon and examples of each need; the title is the term's own label.
NEEDS: dict[str, tuple[str, Promise]] = {
    "living": ("money", _("money, relief, food, a place to live")),
    "care": ("elder", _("an older or disabled person at home, meals, washing")),
    "mind": ("heart", _("low spirits, no sleep, someone to talk to")),
    "family": ("child", _("children, upbringing, marriage, a worry at home")),
    "rights": ("scales", _("allowances, forms, papers, wages not paid")),
    "conflict": ("talk", _("a quarrel at home or next door")),
    "health": ("health", _("seeing a doctor, recovery, aids")),
    "work": ("book", _("finding work, school, training")),
    "safety": ("shield", _("somebody hurts or threatens somebody")),
    "company": ("group", _("being alone, joining in, helping others")),
}
OTHER = "other"

URGENCIES: dict[str, Promise] = {
    Urgency.IMMEDIATE: _("It cannot wait: within 2 hours"),
    Urgency.DAY: _("By this time tomorrow: within 24 hours"),
    Urgency.WEEK: _("This week: within 7 days"),
    Urgency.FORTNIGHT: _("It can wait a little: within 15 days"),
}

# The events a resident is shown; what is not here stays inside.
TOLD: dict[str, Promise] = {
    "intake.request.opened": _("The request was registered."),
    "intake.request.accept": _("The centre took the request on."),
    "intake.request.inform": _("The centre answered."),
    "intake.request.refer": _("The centre named somebody else who can help."),
    "intake.request.merge": _("It was joined with an earlier request about the same need."),
    "intake.request.part": _(
        "The request it was joined with ended without help. The centre looks at yours by itself."
    ),
    "intake.request.say": _("It was said whether it helped."),
    "intake.request.refuse": _("The centre did not take the request on."),
    "intake.request.reopen": _("The request was opened again."),
    "intake.request.withdraw": _("The request was taken back."),
    "intake.added": _("Something was added."),
    "dispatch.order.dispatch": _("It was handed to %(to_unit)s."),
    "dispatch.order.arbitrate": _("It was decided that %(to_unit)s takes care of it."),
    "dispatch.order.transfer": _("It was handed on to %(to_unit)s."),
    "dispatch.order.accept": _("The station accepted it."),
    "dispatch.order.assign": _("A social worker was named for it."),
    "dispatch.order.serve": _("A social worker was at work on it."),
    "dispatch.order.finish": _("The station says it is done: %(result)s."),
    "dispatch.order.follow_up": _("The centre asked how it went."),
    "dispatch.order.say": _("It was said whether it helped."),
    "dispatch.order.close": _("It was closed."),
    "dispatch.order.return": _("%(from_unit)s gave it back; the centre finds somebody else."),
    "dispatch.order.return_again": _("%(from_unit)s gave it back; the centre decides."),
    "dispatch.order.urge": _("They were asked to hurry."),
    "dispatch.order.reopen": _("It was opened again."),
    "dispatch.order.withdraw": _("It was taken back."),
}

# For each state: how it stands, and what comes next (by the deadline of the clock that runs).
Standing = tuple[Promise, Promise | None]
REQUEST_STANDS: dict[str, Standing] = {
    RequestState.REGISTERED: (
        _("The centre has your request"),
        _("The centre looks at it and decides who can help."),
    ),
    RequestState.ACCEPTED: (_("The centre has taken it on"), None),
    RequestState.INFORMED: (_("The centre has answered"), None),
    RequestState.REFERRED: (_("Somebody else can help you with this"), None),
    RequestState.REFUSED: (_("The centre could not take this on"), None),
    RequestState.MERGED: (_("It was joined with an earlier request"), None),
    RequestState.WITHDRAWN: (_("The request was taken back"), None),
}
ORDER_STANDS: dict[str, Standing] = {
    OrderState.PENDING: (
        _("The centre looks for a station"),
        _("The centre hands it to a station."),
    ),
    OrderState.ARBITRATION: (
        _("The centre decides which station helps"),
        _("The centre decides which station takes care of it."),
    ),
    OrderState.DISPATCHED: (
        _("It is with a station near you"),
        _("The station accepts it."),
    ),
    OrderState.ACCEPTED: (
        _("The station has accepted it"),
        _("A social worker gets in touch or comes by."),
    ),
    OrderState.SERVING: (
        _("A social worker is at work on it"),
        _("The work is done."),
    ),
    OrderState.DONE: (
        _("The station says it is done"),
        _("The centre asks how it went."),
    ),
    OrderState.FOLLOWED_UP: (
        _("Did it help?"),
        _("You can say whether it helped; after that it is closed."),
    ),
    OrderState.CLOSED: (_("It is closed"), None),
    OrderState.WITHDRAWN: (_("The request was taken back"), None),
}
