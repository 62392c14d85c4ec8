"""The whole chain, played once in a real browser: desks at 1440 × 900, tutor and student on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.totp import fresh_code

from .conftest import PHONE, Journey

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("e2e")]
TODAY = date.today()  # noqa: DTZ011  # the day of the demo data
TITLE = "Browser chain"
SCHEME = "Browser standard"


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def fill(journey: Journey, **values: str) -> None:
    """Fill the fields of these names."""
    for name, value in values.items():
        journey.page.locator(f'form[data-guard] [name="{name}"]').fill(value)


def save(journey: Journey) -> None:
    """Press the main button of the form."""
    journey.page.locator("form[data-guard] .form__acts button.button--primary").click()
    journey.settle()


def confirm(journey: Journey, name: str) -> None:
    """Open the question behind a button and say yes."""
    journey.page.locator("summary").filter(has_text=re.compile(rf"^\s*{name}\s*$")).first.click()
    panel = journey.page.locator("details[open] form")
    panel.locator(".button--primary, .button--danger").click()
    journey.settle()


def wait_for(journey: Journey, path: str, found: Callable[[], bool], *, seconds: float = 60) -> None:
    """Load the page again until the schedule has done its work."""
    deadline = time.monotonic() + seconds
    while True:
        journey.page.goto(journey.stack.url + path)
        if found():
            journey.settle()
            return
        assert time.monotonic() < deadline, f"{path} did not change in time"
        time.sleep(0.5)


def test_chain_from_agreement_to_report(travel: Any, logins: dict[str, dict[str, str]]) -> None:
    school, firm = travel("university_coordinator"), travel("enterprise_coordinator")
    student, mentor, teacher = travel("student", PHONE), travel("enterprise_tutor", PHONE), travel("academic_tutor")

    agreement = draft_and_sign(school, firm, logins["enterprise_coordinator"]["organization_code"])
    intake = open_intake(firm)
    apply_and_accept(student, firm, intake)
    placement = start_placement(school, firm, student, logins)
    log_and_write(mentor, student, teacher, placement)
    evaluate(school, mentor, teacher)
    read_results(school, student, agreement)


def draft_and_sign(school: Journey, firm: Journey, code: str) -> str:
    school.visit("/agreements/new/")
    fill(school, title=TITLE, starts_on=day(0), ends_on=day(400))
    school.page.get_by_label("Cooperation mode").select_option("training_base")
    school.page.get_by_label("Search organizations").fill(code)
    school.page.locator(f'input[name="parties"][value="{code}"]').check()
    school.press("Save the draft")
    confirm(school, "Submit for signature")
    path = school.page.url.removeprefix(school.stack.url)
    for signer in (school, firm):
        read_and_sign(signer, path)
    assert state(firm) == "in force"
    return path


def read_and_sign(signer: Journey, path: str) -> None:
    """From a page that offers it, by who has a second factor."""
    signer.visit(path)
    signer.follow("Read and sign")
    signer.page.get_by_label("I have read the agreement").check()
    signer.press("Sign", exact=True)


def state(journey: Journey) -> str:
    return journey.page.locator("h1 + .badge, .page-head__title .badge").inner_text().strip()


def open_intake(firm: Journey) -> str:
    firm.visit("/bases/new/")
    firm.page.get_by_label("Agreement").select_option(label=TITLE)
    firm.page.get_by_label("Kind").select_option("off_campus")
    fill(firm, name="Browser workshop", address="1 Harbour Road")
    save(firm)
    firm.follow("Draft an intake")
    fill(firm, title="Browser intake", closes_on=day(5), starts_on=day(-7), ends_on=day(60))
    save(firm)
    path = firm.page.url.removeprefix(firm.stack.url)
    firm.follow("Add a position")
    fill(firm, title="Browser fitter", tasks="Fit", places="2")
    save(firm)
    firm.visit(path)
    confirm(firm, "Open")
    return path


def apply_and_accept(student: Journey, firm: Journey, intake: str) -> None:
    student.visit(intake)
    student.follow("Apply", exact=True)
    fill(student, statement="I want to learn to fit.")
    save(student)
    assert "submitted" in student.page.locator(".page-head").inner_text()
    firm.visit(intake)
    confirm(firm, "Accept")


def start_placement(school: Journey, firm: Journey, student: Journey, logins: dict[str, dict[str, str]]) -> str:
    school.visit("/")
    row = school.page.locator(".queue__item").filter(has_text="Browser fitter")
    row.get_by_role("link").first.click()
    school.settle()
    school.page.get_by_label("Academic tutor").select_option(logins["academic_tutor"]["membership"])
    save(school)
    path = school.page.url.removeprefix(school.stack.url)
    firm.visit(path)
    firm.follow("Name the enterprise tutor")
    firm.page.get_by_label("Enterprise tutor").select_option(logins["enterprise_tutor"]["membership"])
    save(firm)
    sign_tri_party(school, firm, student, path)
    firm.visit(path)
    confirm(firm, "Start")
    assert state(firm) == "active"
    return path


def sign_tri_party(school: Journey, firm: Journey, student: Journey, placement: str) -> None:
    """The university makes it from the placement; the student signs on a phone, then the host, then the university."""
    school.visit(placement)
    school.follow("Make the agreement")
    save(school)
    confirm(school, "Submit for signature")
    student.visit(placement)
    student.follow("Read and sign")
    # Who has no second factor yet sets one up on the way.
    secret = student.page.locator("#authenticator_secret").input_value()
    student.page.locator('input[name="code"]').fill(fresh_code(secret))
    student.press("Activate")
    for signer in (student, firm, school):
        read_and_sign(signer, placement)
    assert state(school) == "in force"


def log_and_write(mentor: Journey, student: Journey, teacher: Journey, placement: str) -> None:
    # Three taps: the student, the rating, save.
    mentor.visit(placement)
    mentor.follow("Log the day")
    mentor.page.locator("label").filter(has_text="Good").first.click()
    fill(mentor, tasks="Filing")
    save(mentor)
    student.visit(placement)
    student.follow("Write a journal")
    fill(student, work_done="Filed a bracket", learnt="Patience")
    save(student)
    teacher.visit(placement)
    teacher.page.locator("a.row-link").last.click()
    teacher.settle()
    fill(teacher, text="Good. Try the lathe next.")
    save(teacher)
    student.visit(placement)
    student.page.locator("a.row-link").last.click()
    student.settle()
    assert "Try the lathe next." in student.page.locator("main").inner_text()


def evaluate(school: Journey, mentor: Journey, teacher: Journey) -> None:
    school.visit("/evaluation-schemes/new/")
    fill(school, title=SCHEME)
    for row, (title, weight) in enumerate((("Care", "60"), ("Skill", "40"))):
        for name, value in (("title", title), ("standard", "Enterprise rule"), ("weight", weight)):
            school.page.locator(f'[name="criteria.{row}.{name}"]').fill(value)
    save(school)
    confirm(school, "Publish")
    school.follow("Plan rounds")
    school.page.get_by_label("Base").select_option(label="Browser workshop")
    school.page.get_by_label("How often").select_option("monthly")
    fill(school, first_due_on=day(0), ends_on=day(20))
    save(school)
    for tutor in (mentor, teacher):
        sheet = tutor.page.locator(".queue__item").filter(has_text=SCHEME)
        wait_for(tutor, "/", lambda sheet=sheet: sheet.count() > 0)  # type: ignore[misc]  # bound now
        sheet.get_by_role("link").first.click()
        tutor.settle()
        for field, points in zip(tutor.page.locator('input[name^="scores."]').all(), ("80", "90"), strict=True):
            field.fill(points)
        save(tutor)


def read_results(school: Journey, student: Journey, agreement: str) -> None:
    for reader in (school, student):
        wait_for(reader, "/results/", lambda reader=reader: "84" in reader.page.locator("main").inner_text())  # type: ignore[misc]  # bound now
    school.visit("/reports/placements/")
    assert "Browser workshop" in school.page.locator("main").inner_text()
    school.visit(agreement)
    assert school.page.locator(".timeline__item").count() >= 3
