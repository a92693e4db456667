from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "flow.handed_back": _("gave it back to the unit: the post of who had to do it is over"),
}
