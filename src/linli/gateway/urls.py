from django.conf import settings
from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.security import APIKeyCookie, HttpBearer

from linli.kernel.accounts.actors import Actor
from linli.kernel.ui.pages import actor_of

from . import errors, orders, requests


class Key(HttpBearer):
    """A program's key; the middleware has already turned it into an actor."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        actor = actor_of(request)
        return actor if actor.is_user else None


class Session(APIKeyCookie):
    """The session of somebody signed in, with the CSRF check of every form."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        actor = actor_of(request)
        return actor if actor.is_user else None


api = NinjaAPI(
    title="Linli",
    version="1",
    description="Requests and orders. Every call acts in one post and sees what that post sees.",
    urls_namespace="api",
    auth=[Key(), Session()],
    docs_url=None,
)
errors.connect(api)
api.add_router("/requests", requests.router)
api.add_router("/orders", orders.router)

urlpatterns = [path("", api.urls)]
