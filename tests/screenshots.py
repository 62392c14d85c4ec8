"""``make screenshots``: the pictures of the README, from the small demo data of a running portal.

Reads ``SITE_URL`` and ``CHROMIUM``; writes ``docs/screenshots/<name>-<language>.png``. Chinese needs a Chinese font on the
machine (Debian: ``fonts-noto-cjk``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.totp import fresh_code

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


class Shot(NamedTuple):
    """A picture: whose page it is, where, at which size and in which theme."""

    name: str
    who: str
    path: str
    viewport: dict[str, int]
    theme: str = "light"


def shots() -> list[Shot]:
    """The pages of the tour, with the keys of the demo's rows."""
    from django.urls import reverse

    from apps.agreements.models import Agreement
    from apps.bases.models import Intake
    from apps.placements.models import Placement

    of_university = Agreement.objects.filter(
        organizations__memberships__user__email=_login("university coordinator")["email"]
    )
    waiting = of_university.filter(state=Agreement.State.AWAITING_SIGNATURES, framework=None).latest("pk")
    intake = Intake.objects.filter(state=Intake.State.OPEN).latest("pk")
    placement = Placement.objects.active().filter(enterprise_tutor__user__email=_login("enterprise tutor")["email"])
    return [
        Shot("home-university", "university coordinator", "/", DESKTOP),
        Shot("agreement", "university coordinator", f"/agreements/{waiting.pk}/", DESKTOP),
        Shot("intake-phone", "student", f"/intakes/{intake.pk}/", PHONE),
        Shot("home-tutor-phone", "enterprise tutor", "/", PHONE),
        Shot("log-phone", "enterprise tutor", reverse("placements:log_create", args=[placement[0].pk]), PHONE, "dark"),
        Shot("placements", "university coordinator", "/placements/", DESKTOP),
        Shot("report", "government officer", "/reports/placements/", DESKTOP),
        Shot("results-dark", "university coordinator", "/results/", DESKTOP, "dark"),
    ]


def _login(role: str) -> dict[str, str]:
    from apps.portal.demo.logins import demo_logins

    return next(login for login in demo_logins() if login["role"] == role)


def take(browser: Browser, site: str, shot: Shot, language: str) -> None:
    login = _login(shot.who)
    context = browser.new_context(viewport=shot.viewport, color_scheme=shot.theme, device_scale_factor=1)  # type: ignore[arg-type]  # a size, a word
    page = context.new_page()
    page.goto(f"{site}/accounts/login/")
    page.locator('input[name="login"]').fill(login["email"])
    page.locator('input[name="password"]').fill(login["password"])
    page.locator("form .button--primary").first.click()
    if login["totp_secret"]:
        page.locator('input[name="code"]').fill(fresh_code(login["totp_secret"]))
        page.locator("form .button--primary").first.click()
    _choose(page, site, language)
    answer = page.goto(site + shot.path)
    if answer is None or not answer.ok:
        raise SystemExit(f"{shot.path} is not there for the {shot.who}.")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{shot.name}-{language}.png")
    context.close()


def _choose(page: Page, site: str, language: str) -> None:
    """The language through the button of the page, when another one is shown."""
    page.goto(site)
    if page.locator("html").get_attribute("lang") != language:
        page.evaluate("(code) => document.querySelector(`button[name=language][value='${code}']`).click()", language)
        page.wait_for_load_state("networkidle")


def main() -> int:
    site, chromium = os.environ["SITE_URL"], os.environ.get("CHROMIUM", "")
    if not chromium:
        print("No Chromium found: install it or set CHROMIUM.", file=sys.stderr)  # noqa: T201
        return 1
    if (
        not shutil.which("fc-list")
        or not subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout
    ):
        print("No Chinese font found (Debian: fonts-noto-cjk).", file=sys.stderr)  # noqa: T201
        return 1
    django.setup()
    pictures: list[Any] = shots()
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for language in ("en", "zh-hans"):
            for shot in pictures:
                take(browser, site, shot, language)
                print(f"{shot.name}-{language}")  # noqa: T201
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
    raise SystemExit(main())
