"""An administrator in a real browser: codes from an app, a passkey, and a sign-in by it alone."""

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from ..world import PASSWORD
from .conftest import House
from .test_accounts import sign_in, sign_out

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by the server when it starts."""
    monkeypatch.setenv("LINLI_SECOND_FACTOR", "administrators")


def at_localhost(house: House, page: Page, path: str) -> None:
    """A passkey belongs to a host name; to an address there is none."""
    page.goto(house.running.url.replace("127.0.0.1", "localhost") + path)


def code_of(secret: str, *, later: int = 0) -> str:
    step = int(time.time()) // 30 + later
    return totp.format_hotp_value(totp.hotp_value(secret, step))


def test_a_passkey_is_set_up_and_signs_in_alone(house: House) -> None:
    page = house.visitor(script=True)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    at_localhost(house, page, "/sign-in/")
    page.fill("input[name=login]", "security")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/desk/accounts/factors/**")

    page.click("main a[href$='/factors/passkey/']")
    page.fill("input[name=name]", "My phone")
    page.click("main form[data-passkey] button")
    expect(page.locator(".secret--list li")).to_have_count(10)
    page.click("main .form__end a")
    page.wait_for_url("**/desk/")
    sign_out(page)

    # Somebody at the same place has tried passwords; its owner gets in all the same.
    page.context.clear_cookies()
    stranger = house.visitor()
    for password in (*["wrong"] * 5, PASSWORD):
        sign_in(stranger, "security", password)
        expect(stranger).to_have_url(house.running.url + "/sign-in/")

    at_localhost(house, page, "/sign-in/")
    page.click("main form[data-passkey] button")
    page.wait_for_url("**/desk/")
    page.goto(page.url + "accounts/factors/")
    expect(page.locator("main")).to_contain_text("My phone")


def test_codes_from_an_app_are_set_up_and_asked(house: House) -> None:
    page = house.visitor(script=True)
    sign_in(page, "administrator", PASSWORD)
    page.wait_for_url("**/desk/accounts/factors/**")
    page.click("main a[href$='/factors/app/']")
    expect(page.locator("img.code-picture")).to_be_visible()
    page.click("main details summary")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.fill("input[name=code]", code_of(secret))
    page.click("main form button.btn--primary")
    expect(page.locator(".secret--list li")).to_have_count(10)
    page.click("main .form__end a")
    page.wait_for_url("**/desk/")
    sign_out(page)

    sign_in(page, "administrator", PASSWORD)
    page.wait_for_url("**/sign-in/second-step/")
    page.click("main form[action='/sign-in/again/'] button")
    sign_in(page, "administrator", PASSWORD)
    page.wait_for_url("**/sign-in/second-step/")
    page.fill("input[name=code]", code_of(secret, later=1))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/desk/")
