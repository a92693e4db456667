from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "services.recorded": _("recorded a service: {method}, {minutes} min"),
    "services.removed": _("took the service off the record: the import was taken back"),
    "services.corrected": _("corrected the service record (version {version})"),
    "services.read": _("opened the service"),
    "services.note_read": _("read the note of the service"),
}
