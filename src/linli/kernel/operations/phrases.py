from django.utils.translation import gettext_lazy as _

RESTORED = "operations.epoch.begun"
SENTENCES = {
    RESTORED: _("brought the database back from the backup {backup}"),
}
