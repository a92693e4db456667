from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "site.demonstration_made": _("made the demonstration: {persons} persons, {requests} requests"),
}
