from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "people.registered": _("registered the person"),
    "people.changed": _("changed the person's details"),
    "people.read": _("opened the file"),
    "people.revealed": _("looked at phone, number and address"),
    "people.category_added": _("added the category “{category}”"),
    "people.category_ended": _("ended the category “{category}”"),
    "people.basis_recorded": _("recorded the basis “{basis}”"),
    "people.consent_withdrawn": _("recorded that consent was withdrawn"),
    "people.joined_household": _("recorded the household"),
    "people.left_household": _("recorded that the person left the household"),
}
