from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "directory.site_opened": _("opened the site"),
    "directory.site_changed": _("changed the site's details"),
    "directory.site_closed": _("closed the site"),
    "directory.agency_registered": _("registered the agency"),
    "directory.agency_changed": _("changed the agency's details"),
    "directory.removed": _("took it out of the directory: the import was taken back"),
    "directory.hours_set": _("set the opening hours"),
    "directory.area_added": _("added an area to the site's service area"),
    "directory.area_removed": _("took an area out of the site's service area"),
}
