from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "hooks.registered": _("registered a web hook for {kinds}"),
    "hooks.rotated": _("made a new secret for a web hook"),
    "hooks.removed": _("removed a web hook"),
    "hooks.sent_again": _("sent a message of a web hook again"),
    "hooks.given_up": _("gave up on a message of a web hook after three days ({kind})"),
}
