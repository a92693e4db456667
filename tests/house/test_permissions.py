"""Permissions: every page names one, every one is used, and list, page and button agree."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import pytest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, path
from django.urls.resolvers import RegexPattern
from ninja import NinjaAPI

from linli.gateway.urls import api
from linli.kernel.access import Permission, can, holds, permissions, public, requires, visible
from linli.kernel.access import permissions as permissions_module  # noqa: F401 - loads the registry
from linli.kernel.access.permissions import with_verbs
from linli.kernel.access.rules import Rule
from linli.kernel.scope import unscoped
