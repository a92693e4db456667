"""Providers outside: a real OpenID flow and fakes of the three others, on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.feishu.client import FeishuOAuth2Client
from allauth.socialaccount.providers.feishu.views import FeishuOAuth2Adapter
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from pytest_django import Settings

from linli.kernel.accounts.models import User
from linli.kernel.timeline.models import Event
from linli.site.entrance import outside_providers
from linli.site.environment import SettingError

from ..world import World
from .signing import AppClock, is_in, second_step, sign_in, with_app

pytestmark = pytest.mark.django_db
CLIENT_ID = "linli"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ALL = ("openid_connect", "weixin", "dingtalk", "feishu")
BACK = {"openid_connect": "/sign-in/from/openid/oidc/"} | {
    one: f"/sign-in/from/{one}/" for one in ALL[1:]
}


class Fake:
    """A provider: discovery, keys, tokens and who somebody is; each answer can be spoilt."""

    def __init__(self) -> None:
        self.nonce, self.sub, self.key = "", "zhang-at-home", KEY
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.asked: list[tuple[str, dict[str, Any]]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.answer(self, b"")

            def do_POST(self) -> None:
                fake.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(handler.path).path
        sent = body.decode()
        told = json.loads(sent) if sent.startswith("{") else parse_qs(sent)
        self.asked.append((path, told))
        content = json.dumps(self.say(path)).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def say(self, path: str) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        answers: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]},
            "/token": {"access_token": "t", "token_type": "Bearer", "id_token": self.id_token()},
            "/userinfo": {"sub": self.sub, "name": "张某", "email": "z@example.org"}
            | self.userinfo,
            "/weixin/token": {"access_token": "t", "openid": self.sub},
            "/weixin/user": {"openid": self.sub, "nickname": "zhang"},
            "/dingtalk/token": {"accessToken": "t", "refreshToken": "r", "expireIn": 7200},
            "/dingtalk/user": {"openId": self.sub, "nick": "zhang"},
            "/feishu/app": {"app_access_token": "a"},
            "/feishu/token": {"code": 0, "data": {"access_token": "t"}},
            "/feishu/user": {"code": 0, "data": {"open_id": self.sub, "name": "zhang"}},
        }
        found: dict[str, Any] = answers[path]
        return found

    def id_token(self) -> str:
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT_ID, "sub": self.sub, "nonce": self.nonce}
        told |= {"iat": now, "exp": now + 300} | self.claims
        key: Any = self.key if self.algorithm == "RS256" else "a shared secret of 32 bytes or more."
        return jwt.encode(told, key, algorithm=self.algorithm, headers={"kid": "one"})


@pytest.fixture
def fake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    made = Fake()
    app = {"client_id": CLIENT_ID, "secret": "s"}
    settings.SOCIALACCOUNT_PROVIDERS = {one: {"APPS": [app]} for one in ALL[1:]} | {
        "openid_connect": {
            "APPS": [
                app | {"provider_id": "oidc", "name": "省厅", "settings": {"server_url": made.url}}
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    }
    for adapter, name in ((WeixinOAuth2Adapter, "weixin"), (DingTalkOAuth2Adapter, "dingtalk")):
        monkeypatch.setattr(adapter, "access_token_url", f"{made.url}/{name}/token")
        monkeypatch.setattr(adapter, "profile_url", f"{made.url}/{name}/user")
    monkeypatch.setattr(FeishuOAuth2Adapter, "access_token_url", f"{made.url}/feishu/token")
    monkeypatch.setattr(FeishuOAuth2Adapter, "user_info_url", f"{made.url}/feishu/user")
    monkeypatch.setattr(FeishuOAuth2Client, "app_access_token_url", f"{made.url}/feishu/app")
    yield made
    made.stop()


def led_by(answer: Any) -> dict[str, str]:
    """What the address of the provider, to which a page leads, says."""
    assert answer.status_code == 200, answer.headers.get("Location")
    address = answer.context["url"]
    return {name: held[0] for name, held in parse_qs(urlsplit(address).query).items()}


def come_back(client: Client, provider: str, said: dict[str, str], fake: Fake) -> Any:
    fake.nonce = said.get("nonce", "")
    code = "authCode" if provider == "dingtalk" else "code"
    return client.get(BACK[provider], {code: "c", "state": said["state"]})


def connect(client: Client, provider: str, fake: Fake) -> Any:
    said = led_by(client.post(f"/desk/accounts/identities/{provider}/connect/"))
    return come_back(client, provider, said, fake)


def enter(provider: str, fake: Fake, client: Client | None = None) -> Client:
    browser = client or Client(headers={"Accept-Language": "en"})
    said = led_by(browser.post(f"/sign-in/with/{provider}/"))
    come_back(browser, provider, said, fake)
    return browser


def said_on_the_door(client: Client) -> str:
    content: str = client.get("/sign-in/").content.decode()
    return content


@pytest.mark.parametrize("provider", ALL)
def test_who_has_connected_themself_signs_in_and_nobody_else(
    world: World, fake: Fake, provider: str
) -> None:
    stranger = enter(provider, fake)
    assert not is_in(stranger)
    assert "not connected with anybody" in said_on_the_door(stranger)
    assert User.objects.count() == len(world.users)

    mine = sign_in("worker")
    assert connect(mine, provider, fake).headers["Location"] == "/desk/accounts/identities/"
    (held,) = SocialAccount.objects.all()
    assert (held.user, held.uid, held.extra_data) == (world.users["worker"], fake.sub, {})

    back = enter(provider, fake)
    assert back.session["_auth_user_id"] == str(world.users["worker"].pk)
    held.refresh_from_db()
    assert held.extra_data == {}
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"staff.outsider_refused", "staff.identity_connected", "staff.signed_in_outside"} <= (
        verbs
    )
    mine.post(f"/desk/accounts/identities/{provider}/disconnect/")
    assert not is_in(enter(provider, fake))


@pytest.mark.parametrize("provider", ALL)
def test_a_foreign_state_is_refused(world: World, fake: Fake, provider: str) -> None:
    connect(sign_in("worker"), provider, fake)
    said = led_by(Client().post(f"/sign-in/with/{provider}/"))
    other = Client(headers={"Accept-Language": "en"})
    other.get("/sign-in/")
    come_back(other, provider, said, fake)
    assert not is_in(other)
    assert "was not completed" in said_on_the_door(other)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"claims": {"nonce": "another"}}, id="nonce"),
        pytest.param({"claims": {"aud": "another"}}, id="audience"),
        pytest.param({"claims": {"iss": "https://evil.example"}}, id="issuer"),
        pytest.param({"claims": {"exp": 1}}, id="expired"),
        pytest.param({"claims": {"sub": ""}}, id="nobody"),
        pytest.param({"key": FOREIGN}, id="key"),
        pytest.param({"algorithm": "HS256"}, id="algorithm"),
        pytest.param({"userinfo": {"sub": "somebody else"}}, id="userinfo"),
    ],
)
def test_a_token_that_is_not_right_opens_nothing(
    world: World, fake: Fake, spoil: dict[str, Any]
) -> None:
    connect(sign_in("worker"), "openid_connect", fake)
    assert is_in(enter("openid_connect", fake))
    for name, value in spoil.items():
        setattr(fake, name, value)
    client = enter("openid_connect", fake)
    assert not is_in(client)
    assert "was not completed" in said_on_the_door(client)


def test_the_code_is_bound_to_the_browser_that_asked(world: World, fake: Fake) -> None:
    connect(sign_in("worker"), "openid_connect", fake)
    client = Client()
    said = led_by(client.post("/sign-in/with/openid_connect/"))
    assert said["code_challenge_method"] == "S256"
    come_back(client, "openid_connect", said, fake)
    (sent,) = [told for path, told in fake.asked[-6:] if path == "/token"]
    assert sent["code_verifier"]


def test_an_identity_is_one_users_only(world: World, fake: Fake) -> None:
    connect(sign_in("worker"), "weixin", fake)
    connect(sign_in("head"), "weixin", fake)
    assert SocialAccount.objects.get().user == world.users["worker"]


def test_the_second_step_is_asked_all_the_same(
    world: World, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sign_in("worker"), "weixin", fake)
    clock = AppClock(monkeypatch)
    secret, _codes = with_app(world.users["worker"], clock)
    client = enter("weixin", fake)
    assert not is_in(client)
    second_step(client, clock.code(secret))
    assert is_in(client)


def test_who_is_switched_off_stays_out(world: World, fake: Fake) -> None:
    connect(sign_in("worker"), "weixin", fake)
    User.objects.filter(username="worker").update(is_active=False)
    assert not is_in(enter("weixin", fake))


def test_nobody_takes_the_place_of_whoever_is_at_work(world: World, fake: Fake) -> None:
    connect(sign_in("worker"), "weixin", fake)
    mine = sign_in("head")
    enter("weixin", fake, client=mine)
    assert mine.session["_auth_user_id"] == str(world.users["head"].pk)


def test_they_are_off_unless_switched_on(world: World) -> None:
    for one in ALL:
        assert Client().post(f"/sign-in/with/{one}/").status_code == 404
        assert Client().get(BACK[one], {"code": "c", "state": "s"}).status_code == 404
    assert "/sign-in/with/" not in said_on_the_door(Client())
    page = sign_in("worker").get("/desk/accounts/identities/")
    assert "No provider is switched on" in page.content.decode()


def test_the_environment_switches_them_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert outside_providers() == {}
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("LINLI_SIGN_IN_WITH", "oidc, weixin")
    monkeypatch.setenv("LINLI_WEIXIN_ID", "wx1")
    monkeypatch.setenv("LINLI_WEIXIN_SECRET", "s")
    monkeypatch.setenv("LINLI_OIDC_ID", "linli")
    monkeypatch.setenv("LINLI_OIDC_SECRET_FILE", str(tmp_path / "secret"))
    with pytest.raises(SettingError, match="LINLI_OIDC lacks: server"):
        outside_providers()
    monkeypatch.setenv("LINLI_OIDC_SERVER", "https://id.example")
    made = outside_providers()
    assert made["openid_connect"]["APPS"][0]["secret"] == "s3cret"
    assert made["weixin"]["APPS"][0]["client_id"] == "wx1"
    monkeypatch.setenv("LINLI_SIGN_IN_WITH", "facebook")
    with pytest.raises(SettingError, match="facebook"):
        outside_providers()
