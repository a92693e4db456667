"""Signing in through a provider outside: OpenID Connect, Weixin, DingTalk, Feishu.

Off unless the installation names them. Nobody comes to us by them: an identity opens what its owner
has connected with it while signed in, and is told nothing else. What the provider tells about
somebody is not kept, only who they are there. The second factor is asked all the same.
"""

import secrets
from typing import Any, NoReturn

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.feishu.views import FeishuOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.kernel.accounts.models import User
from linli.kernel.timeline.record import record

from .actions.identities import connect_identity
from .changes import Unfit
from .signing import SIGN_IN, actor_before

OIDC = "openid_connect"
# What stands in the address to which an OpenID provider sends people back.
OIDC_ID = "oidc"
NAMES = {
    OIDC: gettext_lazy("OpenID Connect"),
    "weixin": gettext_lazy("Weixin"),
    "dingtalk": gettext_lazy("DingTalk"),
    "feishu": gettext_lazy("Feishu"),
}
NONCE = "oidc_nonce"
# Signatures with a public key; one made with a shared secret would prove nothing.
SIGNED_WITH = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"})


class OutsideAdapter(DefaultSocialAccountAdapter):
    """allauth's providers, by which only those get in who have connected themselves before."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        provider, uid = str(sociallogin.provider.id), str(sociallogin.account.uid)
        SocialAccount.objects.filter(provider=sociallogin.account.provider, uid=uid).exclude(
            extra_data={}
        ).update(extra_data={})
        sociallogin.account.extra_data, sociallogin.email_addresses = {}, []
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            _connect(request, provider=sociallogin.account.provider, uid=uid)
        if request.user.is_authenticated:
            # Somebody is at work here: nobody else takes their place without a sign-out.
            raise ImmediateHttpResponse(redirect("site:home"))
        if not sociallogin.is_existing:
            record(
                actor_before(request),
                "staff.outsider_refused",
                subject_type=SIGN_IN,
                subject_id=None,
                provider=provider,
            )
            _back(request, _("This identity is not connected with anybody here."))

    def serialize_instance(self, instance: Any) -> dict[str, Any]:
        """What waits in a session for the second step: of a user, only who it is."""
        if isinstance(instance, User):
            return {"pk": str(instance.pk)}
        kept: dict[str, Any] = super().serialize_instance(instance)
        return kept

    def deserialize_instance(self, model: Any, data: dict[str, Any]) -> Any:
        if model is User:
            return User.objects.filter(pk=data["pk"]).first() or User()
        return super().deserialize_instance(model, data)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        _back(request, _("The sign-in there was not completed. Try again."))


def _connect(request: HttpRequest, *, provider: str, uid: str) -> NoReturn:
    try:
        connect_identity(actor=actor_before(request), provider=provider, uid=uid)
    except Unfit as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Connected. From now on you can sign in with it."))
    raise ImmediateHttpResponse(redirect("accounts:identities"))


def _back(request: HttpRequest, sentence: str) -> NoReturn:
    messages.error(request, sentence)
    where = "accounts:identities" if request.user.is_authenticated else "account_login"
    raise ImmediateHttpResponse(redirect(where))


class SignedAdapter(OpenIDConnectOAuth2Adapter):
    """OpenID Connect as strictly as it is written: signature, audience, nonce, and one subject."""

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any
    ) -> SocialLogin:
        told = self._proved(app, kwargs["response"].get("id_token", ""))
        if not constant_time_compare(str(told.get("nonce", "")), self._nonce()):
            raise OAuth2Error("nonce differs")
        more = self._fetch_user_info(token.token)
        if more.get("sub") != told["sub"]:
            raise OAuth2Error("userinfo is about somebody else")
        return self.get_provider().sociallogin_from_response(request, {"id_token": told})

    def _nonce(self) -> str:
        held = str(self.request.session.pop(NONCE, ""))
        if not held:
            raise OAuth2Error("no nonce was sent")
        return held

    def _proved(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """What a token says, once its signature, issuer, audience and time are right."""
        try:
            if jwt.get_unverified_header(id_token).get("alg") not in SIGNED_WITH:
                raise OAuth2Error("not signed with a public key")
            told: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise OAuth2Error("no id_token that can be read") from error
        if not told.get("sub"):
            raise OAuth2Error("nobody is named")
        return told


ADAPTERS = {
    "weixin": WeixinOAuth2Adapter,
    "dingtalk": DingTalkOAuth2Adapter,
    "feishu": FeishuOAuth2Adapter,
}


def offered() -> list[tuple[str, str]]:
    """Providers that the installation has switched on, with their names."""
    on = settings.SOCIALACCOUNT_PROVIDERS
    return [(one, label_of(one)) for one in NAMES if one in on]


def label_of(provider: str) -> str:
    """The name of a provider; of an OpenID provider, the one that the installation gives it."""
    if provider in {OIDC, OIDC_ID} and (held := settings.SOCIALACCOUNT_PROVIDERS.get(OIDC)):
        return str(held["APPS"][0]["name"])
    return str(NAMES.get(OIDC if provider == OIDC_ID else provider, provider))


def start(request: HttpRequest, provider: str, *, process: str, next_url: str = "") -> str:
    """The address of the provider at which somebody shows who they are; 404 if it is off."""
    if provider not in dict(offered()):
        raise Http404
    found = OutsideAdapter(request).get_provider(request, provider=kept_as(provider))
    more: dict[str, Any] = {}
    if provider == OIDC:
        request.session[NONCE] = secrets.token_urlsafe(24)
        more["auth_params"] = {"nonce": request.session[NONCE]}
    answer = found.redirect(request, process=process, next_url=next_url or None, **more)
    return str(answer.headers["Location"])


def finish(request: HttpRequest, provider: str) -> HttpResponse:
    """Somebody comes back from a provider."""
    if provider not in dict(offered()):
        raise Http404
    adapter = SignedAdapter(request, kept_as(provider)) if provider == OIDC else ADAPTERS[provider]
    answer: HttpResponse = OAuth2CallbackView.adapter_view(adapter)(request)
    return answer


def kept_as(provider: str) -> str:
    """By what name a provider stands with the identities that are connected."""
    return OIDC_ID if provider == OIDC else provider


def identities_of(user: User) -> list[tuple[str, str]]:
    """The providers with which somebody has connected an identity, with their names."""
    held = SocialAccount.objects.filter(user=user).order_by("pk").values_list("provider", flat=True)
    return [(OIDC if one == OIDC_ID else one, label_of(one)) for one in held]
