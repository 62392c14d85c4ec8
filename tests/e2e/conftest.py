"""A running portal with demo data and a real Chromium; every page that a journey visits goes through axe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from launcher.stack import Stack, running_stack
from tests.support.totp import fresh_code

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
CHROMIUM_FLAGS = ["--disable-quic", "--disable-background-networking", "--no-first-run", "--disable-component-update"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Web, worker and beat on a database of their own with the small demo data."""
    with running_stack(seed="small", env={"ROUND_CHECK_SECONDS": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def logins(stack: Stack) -> dict[str, dict[str, str]]:
    """The demo logins by the name of their role."""
    found: list[dict[str, str]] = json.loads(stack.manage("demo_logins", "--json"))
    return {login["role"].replace(" ", "_"): login for login in found}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM", "")
    if not path:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Journey:
    """One person at one device. ``visit`` and ``settle`` look at the page as an axe and as a reader of the console."""

    stack: Stack
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def visit(self, path: str) -> Page:
        self.page.goto(self.stack.url + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """No serious finding of axe, nothing wider than the screen, nothing loaded from elsewhere."""
        self.page.wait_for_load_state()
        found = Axe().run(self.page).response["violations"]
        serious = [finding for finding in found if finding["impact"] in {"serious", "critical"}]
        assert serious == [], f"{self.page.url}: {[(one['id'], one['nodes'][0]['html']) for one in serious]}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{self.page.url} scrolls sideways by {wide} px"
        assert self.complaints == []

    def press(self, name: str, *, exact: bool = False) -> None:
        """Press the button of that name and look at what comes."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def follow(self, name: str, *, exact: bool = False) -> None:
        """Follow the link of that name and look at what comes."""
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.settle()


@pytest.fixture
def travel(stack: Stack, chromium: Browser, logins: dict[str, Any]) -> Iterator[Any]:
    """``travel("student", PHONE)``: the person of that demo login, signed in through the form."""
    contexts: list[BrowserContext] = []

    def start(who: str, viewport: dict[str, int] = DESKTOP, **options: Any) -> Journey:
        context = chromium.new_context(viewport=viewport, locale="en-GB", **options)  # type: ignore[arg-type]  # a size
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        journey = Journey(stack, context, page)
        page.on("console", lambda line: journey.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: journey.complaints.append(str(error)))
        page.on("request", lambda request: _stays_here(journey, request.url))
        if who:
            journey.visit("/accounts/login/")
            page.locator("input[name=login]").fill(logins[who]["email"])
            page.locator("input[name=password]").fill(logins[who]["password"])
            journey.press("Sign in", exact=True)
            if logins[who]["totp_secret"]:
                page.locator("input[name=code]").fill(fresh_code(logins[who]["totp_secret"]))
                journey.press("Sign In", exact=True)
            assert page.url == stack.url + "/"
        return journey

    yield start
    for context in contexts:
        context.close()


def _stays_here(journey: Journey, url: str) -> None:
    if not url.startswith((journey.stack.url, "data:", "blob:")):
        journey.complaints.append(f"request to {url}")
