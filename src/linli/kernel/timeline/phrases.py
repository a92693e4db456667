from django.utils.translation import gettext_lazy as _

RESTORED = "timeline.restored"
SENTENCES = {
    RESTORED: _("went on with the timeline in a restored database, from the head {head}"),
}
