from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "dispatch.order.opened": _("opened the order"),
    "dispatch.order.dispatch": _("dispatched it to {to_unit} ({routing})"),
    "dispatch.order.arbitrate": _("decided that {to_unit} keeps it"),
    "dispatch.order.accept": _("accepted it"),
    "dispatch.order.assign": _("assigned it to a worker"),
    "dispatch.order.release": _("gave it back to the station: the post of who had it is over"),
    "dispatch.order.serve": _("gave a service"),
    "dispatch.order.finish": _("finished: {result}"),
    "dispatch.order.follow_up": _("followed up: {contact}"),
    "dispatch.order.say": _("the resident's verdict was taken"),
    "dispatch.order.close": _("closed it"),
    "dispatch.order.return": _("returned it: {reason}"),
    "dispatch.order.return_again": _("returned it again: {reason}; the centre must decide"),
    "dispatch.order.urge": _("asked for it to be hurried"),
    "dispatch.order.transfer": _("transferred it to {to_unit}"),
    "dispatch.order.reopen": _("opened it again"),
    "dispatch.order.withdraw": _("withdrew it"),
    "dispatch.joined_verdict": _("somebody who asked for the same said whether it helped"),
    "dispatch.person_named": _("linked the order to a person on file"),
}
