"""Access: rules written once, as questions about rows.

The same permission name filters a list, opens a page, shows a button, guards an API route and an
export, and is asked by the action. Hidden means 404.
"""

from .permissions import (
    Permission,
    PermissionTable,
    can,
    holds,
    permission,
    permissions,
    register,
    visible,
    with_verbs,
)
from .rules import Rule, nobody, rule
from .views import public, requires

__all__ = [
    "Permission",
    "PermissionTable",
    "Rule",
    "can",
    "holds",
    "nobody",
    "permission",
    "permissions",
    "public",
    "register",
    "requires",
    "rule",
    "visible",
    "with_verbs",
]
