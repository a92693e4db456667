from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "reorganise.proposed": _("looked at a reorganisation of areas: {changes} changes"),
    "reorganise.applied": _("put a reorganisation of areas into force: {changes} changes"),
    "reorganise.taken_back": _("took a reorganisation of areas back: {changes} changes"),
}
