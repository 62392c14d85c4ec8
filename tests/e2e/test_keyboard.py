"""Without a mouse: sign in, reach the first thing that waits, use the shortcuts."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Journey

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("e2e")]


def tab_to(journey: Journey, selector: str, *, most: int = 60) -> None:
    """Press Tab until the focus is on the element; it must be seen that it is there."""
    for _press in range(most):
        journey.page.keyboard.press("Tab")
        if journey.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            outline = journey.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} cannot be seen"
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")


def test_enterprise_tutor_logs_a_day_by_keyboard_alone(travel: Any, logins: dict[str, dict[str, str]]) -> None:
    journey = travel("")
    page = journey.visit("/accounts/login/")
    page.keyboard.type(logins["enterprise_tutor"]["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(logins["enterprise_tutor"]["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(journey.stack.url + "/")
    tab_to(journey, ".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    tab_to(journey, 'main a[href$="/log/"]')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    journey.settle()
    tab_to(journey, 'input[name="rating"]')
    page.keyboard.press("Space")
    tab_to(journey, '[name="tasks"]')
    page.keyboard.press("Control+A")
    page.keyboard.type("Set up the lathe")
    tab_to(journey, ".form__acts button.button--primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    journey.settle()
    assert "Set up the lathe" in page.locator("main").inner_text()


def test_shortcuts_lead_to_search_home_and_help(travel: Any) -> None:
    journey = travel("university_coordinator")
    page = journey.visit("/agreements/")
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.type") == "search"
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(journey.stack.url + "/")


def test_every_page_of_every_role_is_sound(travel: Any, logins: dict[str, dict[str, str]]) -> None:
    """What the navigation leads to: no serious finding of axe, no sideways scroll, no error in the console."""
    for role in logins:
        journey = travel(role)
        journey.visit("/")
        paths = journey.page.eval_on_selector_all(".rail a", "(links) => links.map((link) => link.pathname)")
        for path in paths:
            journey.visit(path)
            assert journey.page.locator("h1").count() == 1, path
        journey.context.close()
