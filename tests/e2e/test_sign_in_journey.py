"""A newcomer: an account, a second factor, a passkey, and a session that is ended from another device."""

from __future__ import annotations

import email
import re
import time
from dataclasses import replace
from email.policy import default
from typing import Any

import pytest

from launcher.stack import Stack
from tests.support.totp import fresh_code

from .conftest import DESKTOP, PHONE, Journey

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("e2e")]
ADDRESS, PASSWORD = "newcomer@journey.example.org", "correct horse battery"


@pytest.fixture
def at_localhost(travel: Any, stack: Stack) -> Any:
    """Passkeys belong to a name: an address of digits has none."""

    def start(viewport: dict[str, int] = DESKTOP) -> Journey:
        journey: Journey = travel("", viewport)
        journey.stack = replace(stack, host="localhost")
        return journey

    return start


def link_in_mail(stack: Stack, to: str, part: str, *, seconds: float = 30) -> str:
    """The path of the link in the newest mail to this address."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for file in sorted((stack.var.root / "mail").glob("*"), reverse=True):
            for text in file.read_text().split("-" * 79):
                message = email.message_from_string(text.strip(), policy=default)
                if message["To"] == to and (found := re.search(rf"https?://[^/\s]+({part}\S+)", message.get_content())):
                    return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no mail to {to} with {part}")


def fill(journey: Journey, **values: str) -> None:
    for name, value in values.items():
        journey.page.locator(f'input[name="{name}"]').fill(value)


def sign_in(journey: Journey) -> None:
    journey.visit("/accounts/login/")
    fill(journey, login=ADDRESS, password=PASSWORD)
    journey.press("Sign in", exact=True)


def sign_out(journey: Journey) -> None:
    journey.visit("/accounts/logout/")
    journey.page.locator("main").get_by_role("button", name="Sign Out").click()
    journey.settle()


def test_newcomer_from_sign_up_to_passkey(at_localhost: Any, stack: Stack) -> None:
    journey = at_localhost()
    page = journey.page

    journey.visit("/accounts/signup/")
    fill(journey, name="New Comer", email=ADDRESS, password1=PASSWORD)
    journey.press("Create the account")
    journey.visit(link_in_mail(stack, ADDRESS, "/accounts/confirm-email/"))
    journey.press("Confirm")
    sign_in(journey)
    assert page.url == journey.stack.url + "/"

    # An authenticator app, and the codes for the day when the phone is lost.
    journey.visit("/accounts/security/")
    journey.page.locator("main").get_by_role("link", name="Second factor").click()
    journey.settle()
    journey.follow("Set up an app")
    assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
    secret = page.locator("#authenticator_secret").input_value()
    fill(journey, code=fresh_code(secret))
    journey.press("Activate")
    codes = page.locator("#recovery_codes").input_value().split()
    assert len(codes) == 10

    sign_out(journey)
    sign_in(journey)
    fill(journey, code="000000")
    journey.press("Sign In", exact=True)
    assert page.locator(".error-summary").is_visible()
    fill(journey, code=fresh_code(secret))
    journey.press("Sign In", exact=True)
    assert page.url == journey.stack.url + "/"

    # A passkey, with an authenticator that Chromium plays.
    browser = journey.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    journey.visit("/accounts/2fa/webauthn/add/")
    fill(journey, name="This laptop")
    page.locator('input[name="passwordless"]').check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url(lambda url: "add" not in url)
    journey.visit("/accounts/2fa/webauthn/")
    assert page.get_by_text("This laptop").is_visible()

    sign_out(journey)
    journey.visit("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(journey.stack.url + "/")

    # A second device, signed in with a recovery code, is signed out from the first.
    phone = at_localhost(PHONE)
    sign_in(phone)
    fill(phone, code=codes[0])
    phone.press("Sign In", exact=True)
    assert phone.page.url == phone.stack.url + "/"
    journey.visit("/accounts/sessions/")
    assert page.locator("tbody tr").count() == 2
    page.locator("summary", has_text="End the other sessions").click()
    journey.press("End them")
    assert page.locator("tbody tr").count() == 1
    phone.visit("/accounts/security/")
    assert "/accounts/login/" in phone.page.url


def test_forgotten_password_by_phone(travel: Any, stack: Stack, logins: dict[str, dict[str, str]]) -> None:
    journey = travel("", PHONE)
    address = logins["student"]["email"]
    journey.visit("/accounts/login/")
    journey.follow("Forgot your password?")
    fill(journey, email=address)
    journey.page.locator("main form .button--primary").click()
    journey.settle()
    link = link_in_mail(stack, address, "/accounts/password/reset/key/")
    journey.visit(link)
    fill(journey, password1="another horse battery", password2="another horse battery")
    journey.page.locator('main form [name="action"]').click()
    journey.settle()
    journey.visit("/accounts/login/")
    fill(journey, login=address, password="another horse battery")
    journey.press("Sign in", exact=True)
    assert journey.page.url == journey.stack.url + "/"
    journey.visit("/accounts/logout/")
    journey.page.locator("main").get_by_role("button", name="Sign Out").click()
    journey.visit(link)
    assert journey.page.locator('input[name="password1"]').count() == 0
