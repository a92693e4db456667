from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "intake.request.opened": _("registered the request"),
    "intake.request.accept": _("accepted the request; an order was opened"),
    "intake.request.inform": _("answered with information"),
    "intake.request.refer": _("referred it elsewhere"),
    "intake.request.merge": _("joined it with an earlier request"),
    "intake.request.part": _(
        "brought it back to screening: the request it was joined with ended without help ({ended})"
    ),
    "intake.request.say": _("the verdict of who asked was taken, without a name"),
    "intake.request.refuse": _("did not take it on: {reason}"),
    "intake.request.reopen": _("opened the request again"),
    "intake.request.withdraw": _("withdrew the request"),
    "intake.added": _("added something to the request"),
    "intake.read": _("opened the request"),
}
