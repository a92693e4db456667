from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from linli.kernel.stats.measures import Dimension, Distinct, Measure, Sum, register
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label

from .enums import Method, Place

SERVICES = register(
    Measure(
        name="services",
        table="services_service",
        title=_("Services"),
        unit=pgettext_lazy("unit of count", "services"),
        definition=_(
            "Service records by the day on which the service took place; a corrected record counts"
            " once, as corrected."
        ),
        needs="services.count",
        day="occurred_on",
        amount=lambda count: (
            ngettext("%(count)s service", "%(count)s services", count) % {"count": f"{count:,}"}
        ),
        list_url="services:list",
        listed_by="services.view",
        dimensions={
            "method": Dimension("method", _("Method"), lambda code: str(Method(code).label)),
            "content": Dimension(
                "content", _("Content"), lambda code: label(TermList.CONTENT, code)
            ),
            "place": Dimension("place", _("Place"), lambda code: str(Place(code).label)),
        },
        sums={
            "person_times": Sum("person_times", _("Person-times"), _("person-times")),
            "minutes": Sum("minutes", _("Time of service"), _("minutes")),
            "anonymous": Sum("anonymous", _("Anonymous participants"), _("person-times")),
        },
        distinct={
            "persons": Distinct(
                "services_recipient",
                "service_id",
                "person_id",
                _("Persons served"),
                pgettext_lazy("unit of count", "persons"),
            ),
        },
    )
)
