"""An enterprise goes bankrupt: ended in the browser, and every student is on the list of the school a moment later."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import PHONE, Journey

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("e2e")]
REASON = "The court has opened the proceedings."


def test_bankruptcy_shows_before_it_is_confirmed_whom_it_touches(
    travel: Any, logins: dict[str, dict[str, str]]
) -> None:
    firm, school = travel("enterprise_coordinator"), travel("university_coordinator", PHONE)
    firm.visit("/bases/")
    firm.page.locator("main td a.row-link").first.click()
    firm.settle()
    firm.page.locator('main a[href^="/agreements/"]').first.click()
    firm.settle()
    agreement = firm.page.url.removeprefix(firm.stack.url)

    firm.visit(f"{agreement}terminate/")
    firm.page.get_by_label("insolvency or closure of a party").check()
    firm.page.get_by_label("Reason").fill(REASON)
    firm.page.get_by_label("Settlement").fill("The school places all students.")
    firm.press("See what it touches")
    count, students = students_named(firm)
    assert count >= len(students) > 0
    firm.press("Change something")
    assert firm.page.get_by_label("Reason").input_value() == REASON
    firm.press("See what it touches")
    firm.press("End it now")
    firm.page.get_by_text("The agreement has ended. All parties are told.").wait_for()

    school.visit("/")
    school.follow("Find places")
    school.page.wait_for_url("**/placements/relocations/**")
    main = school.page.locator("main")
    for name in students:
        main.get_by_text(name).first.wait_for()
    assert main.get_by_text("no other base yet").count() == count
    school.follow("Needs none")
    school.page.get_by_label("Why no other base is needed").fill("Has found work.")
    school.press("Take off the list")
    main.get_by_text("Has found work.").wait_for()
    school.visit("/placements/relocations/?settled=false")
    assert main.get_by_text("no other base yet").count() == count - 1


def students_named(journey: Journey) -> tuple[int, list[str]]:
    """How many lose the place by the second step, and the names of those whom this side sees, without the base that follows."""
    section = journey.page.locator("section section").filter(has_text=re.compile(r"listed until another base is found"))
    number = int(section.locator("strong").inner_text().split()[0])
    return number, [text.split(" · ")[0].strip() for text in section.locator("li").all_inner_texts()]
