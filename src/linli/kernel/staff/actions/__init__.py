"""The verbs on users, by what they are about: themselves, their posts, keys, factors, sessions."""

from ..changes import Unfit
from .factors import add_app, add_passkey, new_codes, remove_factor, reset_factors
from .identities import connect_identity, disconnect_identity
from .keys import issue_key, revoke_key
from .posts import confirm_post, decline_post, end_post, open_post
from .sessions import end_own_sessions, end_sessions
from .users import (
    Registered,
    change_own_password,
    deactivate_user,
    edit_user,
    give_new_password,
    reactivate_user,
    register_user,
)

__all__ = [
    "Registered",
    "Unfit",
    "add_app",
    "add_passkey",
    "change_own_password",
    "confirm_post",
    "connect_identity",
    "deactivate_user",
    "decline_post",
    "disconnect_identity",
    "edit_user",
    "end_own_sessions",
    "end_post",
    "end_sessions",
    "give_new_password",
    "issue_key",
    "new_codes",
    "open_post",
    "reactivate_user",
    "register_user",
    "remove_factor",
    "reset_factors",
    "revoke_key",
]
