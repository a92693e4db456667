from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from linli.kernel.flow.models import Charge, Tier
from linli.kernel.stats.measures import Dimension, Measure, Sum, register
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label

from .enums import OrderState, Urgency, Value

# From so many in a month on, a station's head sees what was said.
FEWEST_VERDICTS = 5


def _need(code: str) -> str:
    return label(TermList.NEED, code)


ORDERS = register(
    Measure(
        name="orders",
        table="dispatch_order",
        title=_("Orders"),
        unit=pgettext_lazy("unit of count", "orders"),
        definition=_(
            "Dispatch orders by the day on which they were opened, in their present state."
        ),
        needs="dispatch.count",
        day="opened_on",
        amount=lambda count: (
            ngettext("%(count)s order", "%(count)s orders", count) % {"count": f"{count:,}"}
        ),
        list_url="dispatch:list",
        listed_by="dispatch.view_all",
        dimensions={
            "state": Dimension("state", _("State"), lambda code: str(OrderState(code).label)),
            "need": Dimension("need", _("Need"), _need),
            "urgency": Dimension("urgency", _("Urgency"), lambda code: str(Urgency(code).label)),
        },
        sums={"bounces": Sum("bounces", _("Returns"), pgettext_lazy("unit of count", "returns"))},
    )
)

CLOCKS = register(
    Measure(
        name="clocks",
        table="flow_clock",
        title=_("Time at each tier"),
        unit=pgettext_lazy("unit of count", "steps"),
        definition=_(
            "Steps by the day on which they ended: in time or late, and the working minutes they"
            " took; time lost by a return is charged to who returned it."
        ),
        needs="dispatch.count",
        day="stopped_on",
        amount=lambda count: (
            ngettext("%(count)s step", "%(count)s steps", count) % {"count": f"{count:,}"}
        ),
        whose="unit",
        area="area",
        where="stopped_on IS NOT NULL",
        dimensions={
            "tier": Dimension("tier", _("Tier"), lambda code: str(Tier(code).label)),
            "charge": Dimension("charge", _("Kind of time"), lambda code: str(Charge(code).label)),
            "is_late": Dimension(
                "is_late",
                _("Deadline"),
                lambda code: str(_("Late") if code == "true" else _("In time")),
            ),
        },
        sums={"minutes": Sum("minutes", _("Working minutes"), _("minutes"))},
    )
)

VERDICTS = register(
    Measure(
        name="verdicts",
        table="dispatch_verdict",
        title=_("Residents' verdicts"),
        unit=pgettext_lazy("unit of count", "verdicts"),
        definition=_("What residents themselves say about the help, by the day they said it."),
        needs="verdicts.count",
        day="said_on",
        fewest=FEWEST_VERDICTS,
        amount=lambda count: (
            ngettext("%(count)s verdict", "%(count)s verdicts", count) % {"count": f"{count:,}"}
        ),
        dimensions={
            "value": Dimension("value", _("Verdict"), lambda code: str(Value(code).label)),
            "need": Dimension("need", _("Need"), _need),
        },
    )
)
