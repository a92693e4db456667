from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "ui.exported": _("exported {rows} rows of the list {list}"),
}
