"""Scope: where and whose. Every scoped row has an area and a unit; an actor sees a few of both.

The default manager of a scoped model raises when no scope is open, so a forgotten filter is an
error and not a leak. Scopes are opened by the middleware, by jobs and by tests, never by rooms.
"""

from .models import Scoped, ScopedManager, ScopeError
from .open import Scope, current, scope, scope_of, unscoped

__all__ = [
    "Scope",
    "ScopeError",
    "Scoped",
    "ScopedManager",
    "current",
    "scope",
    "scope_of",
    "unscoped",
]
