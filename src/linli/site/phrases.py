from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "site.key_added": _("added a key, with which fields are sealed from now on: {key}"),
    "site.key_retired": _("laid a key aside: {key}"),
    "site.resealed": _("sealed {values} values again with the key {key}"),
    "site.looks_asked": _("asked who has looked"),
    "site.worker_asked": _("asked what they have looked at"),
    "site.demonstration_made": _("made the demonstration: {persons} persons, {requests} requests"),
}
