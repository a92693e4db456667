from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from linli.kernel.stats.measures import Dimension, Measure, register
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label

from .enums import Door, RequestState

REQUESTS = register(
    Measure(
        name="requests",
        table="intake_request",
        title=_("Requests"),
        unit=pgettext_lazy("unit of count", "requests"),
        definition=_("Requests by the day on which they were registered, in their present state."),
        needs="intake.count",
        day="registered_on",
        amount=lambda count: (
            ngettext("%(count)s request", "%(count)s requests", count) % {"count": f"{count:,}"}
        ),
        list_url="intake:list",
        listed_by="intake.view_all",
        dimensions={
            "state": Dimension("state", _("State"), lambda code: str(RequestState(code).label)),
            "need": Dimension("need", _("Need"), lambda code: label(TermList.NEED, code)),
            "door": Dimension("door", _("Door"), lambda code: str(Door(code).label)),
        },
    )
)
