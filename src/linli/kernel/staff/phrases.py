from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "staff.user_registered": _("registered the user"),
    "staff.user_edited": _("changed name or phone number"),
    "staff.password_given": _("gave a new password; every session was ended"),
    "staff.password_changed": _("chose a new password"),
    "staff.user_deactivated": _("switched the user off; every session was ended"),
    "staff.user_reactivated": _("switched the user on again"),
    "staff.post_opened": _("opened the post {role} at {at_unit} from {first}"),
    "staff.post_ended": _("ended the post {role} at {at_unit} with {last}"),
    "staff.key_issued": _("issued a key until {until}"),
    "staff.key_revoked": _("revoked a key"),
    "staff.signed_in": _("signed in"),
    "staff.signed_out": _("signed out"),
    "staff.sign_in_refused": _("a sign-in with a wrong password was refused"),
}
