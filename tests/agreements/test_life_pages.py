"""Suspending an agreement and ending it early in the browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.services import agreement_suspend, agreement_terminate, agreements_end_due, version_propose
from apps.agreements.verification import verify
from apps.core.actor import Actor
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_in_force, open_version
from tests.factories.chain import make_placement, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db
WANTED = {"cause": "insolvency", "reason": "The court has opened the proceedings.", "settlement": "All places move."}


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    return make_in_force(school, firm)


def address(name: str, agreement: Agreement) -> str:
    return reverse(f"agreements:{name}", args=[agreement.pk])


def test_first_step_changes_nothing_and_shows_what_it_touches(as_member: Any) -> None:
    world = make_world()
    placement = make_placement(world)
    browser = as_member(world.firm)
    page = browser.post(address("agreement_terminate", world.agreement), WANTED)
    assert page.status_code == 200
    for shown in ("1 base takes nobody new.", "1 open intake closes.", "1 student loses the place", "End it now"):
        assert shown in page.text
    assert placement.student.user.name in page.text
    assert world.intake.title in page.text
    world.agreement.refresh_from_db()
    assert world.agreement.notice_given_at is None


def test_second_step_ends_it(agreement: Agreement, firm: Membership, as_member: Any) -> None:
    browser = as_member(firm)
    day = timezone.localdate().isoformat()
    sent = WANTED | {"last_day": day, "confirmed": "on"}
    assert browser.post(address("agreement_terminate", agreement), sent).status_code == 302
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.TERMINATED
    assert agreement.settlement == "All places move."
    assert browser.get(address("agreement_terminate", agreement)).status_code == 409


def test_going_back_keeps_what_was_typed_and_asks_for_the_review_again(
    agreement: Agreement, firm: Membership, as_member: Any
) -> None:
    browser = as_member(firm)
    page = browser.post(address("agreement_terminate", agreement), WANTED | {"confirmed": "on", "back": "1"})
    assert page.status_code == 200
    assert WANTED["reason"] in page.text
    assert 'name="confirmed"' not in page.text
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE


def test_notice_runs_as_long_as_the_text_says(agreement: Agreement, school: Membership, as_member: Any) -> None:
    browser = as_member(school)
    today = timezone.localdate()
    early = WANTED | {"cause": "notice", "last_day": (today + timedelta(days=29)).isoformat()}
    assert browser.post(address("agreement_terminate", agreement), early).status_code == 422
    first = today + timedelta(days=30)
    page = browser.post(address("agreement_terminate", agreement), WANTED | {"cause": "notice"})
    assert "Give notice" in page.text
    assert f'value="{first.isoformat()}"' in page.text
    sent = WANTED | {"cause": "notice", "last_day": first.isoformat(), "confirmed": "on"}
    assert browser.post(address("agreement_terminate", agreement), sent).status_code == 302
    agreement.refresh_from_db()
    assert (agreement.state, agreement.last_day) == (Agreement.State.IN_FORCE, first)


def test_who_goes_bankrupt_under_notice_ends_it_sooner(
    agreement: Agreement, firm: Membership, as_member: Any, tmp_path: Path
) -> None:
    browser = as_member(firm)
    today = timezone.localdate()
    noticed = WANTED | {"cause": "notice", "last_day": (today + timedelta(days=40)).isoformat(), "confirmed": "on"}
    assert browser.post(address("agreement_terminate", agreement), noticed).status_code == 302
    later = WANTED | {"cause": "insolvency", "last_day": (today + timedelta(days=41)).isoformat()}
    refused = browser.post(address("agreement_terminate", agreement), later)
    assert "Only an earlier end" in str(refused.context["form"].errors["last_day"])
    sooner = WANTED | {"cause": "insolvency", "last_day": today.isoformat(), "confirmed": "on"}
    assert browser.post(address("agreement_terminate", agreement), sooner).status_code == 302
    agreement.refresh_from_db()
    assert (agreement.state, agreement.last_day, agreement.cause) == ("terminated", today, "insolvency")
    assert list(verify(tmp_path)) == []


@pytest.mark.parametrize("missing", ["cause", "reason"])
def test_step_without_cause_or_reason_shows_the_form_again(
    agreement: Agreement, school: Membership, as_member: Any, missing: str
) -> None:
    page = as_member(school).post(address("agreement_terminate", agreement), WANTED | {missing: " "})
    assert page.status_code == 422


@pytest.mark.parametrize("name", ["agreement_terminate", "agreement_suspend"])
def test_pages_are_for_those_who_sign_for_a_party(
    agreement: Agreement, school: Membership, as_member: Any, name: str
) -> None:
    observer = make_member(school.organization, Role.OBSERVER)
    assert as_member(school).get(address(name, agreement)).status_code == 200
    assert as_member(observer).get(address(name, agreement)).status_code == 403
    assert as_member(make_member(make_university())).get(address(name, agreement)).status_code == 404


def test_suspend_says_what_stands_under_it_and_who_suspended_lets_it_go_on(as_member: Any) -> None:
    world = make_world()
    suspend, resume = (address(f"agreement_{act}", world.agreement) for act in ("suspend", "resume"))
    browser = as_member(world.school)
    assert "Open intakes" in browser.get(suspend).text
    assert browser.post(suspend, {"reason": ""}).status_code == 422
    assert browser.post(suspend, {"reason": "Safety inspection"}).status_code == 302
    world.agreement.refresh_from_db()
    assert world.agreement.state == Agreement.State.SUSPENDED
    assert browser.get(suspend).status_code == 409
    assert as_member(world.firm).post(resume).status_code == 403
    assert browser.post(resume).status_code == 302
    world.agreement.refresh_from_db()
    assert world.agreement.state == Agreement.State.IN_FORCE


def test_individual_agreement_not_signed_by_all_ends_with_its_framework(school: Membership, firm: Membership) -> None:
    framework = make_in_force(school, firm, mode="order_based")
    student = make_member(school.organization, Role.STUDENT)
    below = make_draft(
        school,
        firm,
        mode="placement",
        framework_id=framework.pk,
        student_ids=[student.pk],
        ends_on=timezone.localdate() + timedelta(days=90),
    )
    consent = Agreement.Cause.CONSENT
    agreement_terminate(actor_as(school), agreement_id=framework.pk, cause=consent, reason="Both want it")
    below.refresh_from_db()
    assert below.state == Agreement.State.NOT_CONCLUDED
    assert open_version(below).state == AgreementVersion.State.WITHDRAWN


def test_expiry_gives_up_what_is_being_changed(agreement: Agreement, school: Membership) -> None:
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note="More places")
    agreements_end_due(Actor.system("tests"), today=agreement.ends_on + timedelta(days=1))
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.EXPIRED
    assert open_version(agreement).state == AgreementVersion.State.WITHDRAWN


def test_suspended_agreement_opens_nothing(school: Membership, firm: Membership) -> None:
    framework = make_in_force(school, firm)
    agreement_suspend(actor_as(school), agreement_id=framework.pk, reason="Safety inspection")
    student = make_member(school.organization, Role.STUDENT)
    ends_on = timezone.localdate() + timedelta(days=90)
    values = {"framework_id": framework.pk, "student_ids": [student.pk], "ends_on": ends_on}
    with pytest.raises(ValidationError, match="suspended"):
        make_draft(school, firm, mode="placement", **values)
