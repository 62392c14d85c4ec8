from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.models import Membership, Organization, Registration, Role
from apps.organizations.services import (
    registration_approve,
    registration_reject,
    registration_submit,
    registration_withdraw,
    registrations,
)
from tests.factories.organizations import (
    SYSTEM,
    actor_as,
    make_enterprise,
    make_member,
    make_organization,
    make_person,
    make_university,
    sign_in_person,
)
from tests.factories.registrations import (
    PDF,
    certificate,
    make_code,
    make_invitation,
    make_registration,
    make_staff,
    registration_values,
    staff_actor,
)
from tests.support.queries import SHELL
from tests.support.races import overlapping

from .test_services import at_once

pytestmark = pytest.mark.django_db
State = Registration.State


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def told(user: Any) -> list[str]:
    outbox_relay()
    return list(Delivery.objects.filter(user=user).order_by("pk").values_list("notification__kind", flat=True))


# --- submitting ---


def test_submit_keeps_what_was_said_and_tells_the_staff() -> None:
    staff = make_staff()
    registration = make_registration(code=" 9111 0000-6000 3734 1l", evidence=certificate("../营业执照.pdf"))
    assert (registration.state, registration.code) == (State.PENDING, "91110000600037341L")
    assert registration.evidence_name == "营业执照.pdf"
    assert "营业" not in registration.evidence.name
    assert not Organization.objects.exists()
    assert told(staff) == ["registration_submitted"]


def test_submit_again_returns_the_one_that_waits() -> None:
    person, code = make_person(), make_code()
    assert make_registration(person, code=code) == make_registration(person, code=code)
    assert Registration.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "123"}, "code"),
        ({"country": "XX"}, "country"),
        ({"kind": "ministry"}, "kind"),
        ({"name": " "}, "name"),
        ({"region_code": None}, "region"),
        ({"region_code": "999999"}, "region"),
    ],
)
def test_submit_with_a_bad_value_writes_nothing(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_registration(**values)
    assert set(refusal.value.message_dict) == {field}
    assert not Registration.objects.exists()


def test_submit_by_nobody_or_a_reading_token_is_refused() -> None:
    for actor in (Actor.anonymous(), Actor(user_id=make_person().pk, read_only=True)):
        with pytest.raises(NotAllowed):
            registration_submit(actor, **registration_values())


def test_submit_a_fourth_time_is_refused_while_three_wait() -> None:
    person = make_person()
    for _turn in range(3):
        make_registration(person)
    with pytest.raises(ValidationError, match="Three of your registrations"):
        make_registration(person)


def test_submit_answers_alike_whether_the_organization_is_here_asked_for_or_unknown() -> None:
    """What the applicant gets says nothing of others."""
    taken = make_enterprise(code=make_code())
    make_member(taken, Role.ADMINISTRATOR)
    asked = make_registration().code
    pages = []
    for code in (taken.code, asked, make_code()):
        registration = make_registration(code=code)
        browser = Client()
        sign_in_person(browser, registration.applicant, with_factor=False)
        page = browser.get(reverse("organizations:registration_detail", args=[registration.pk])).content.decode()
        assert "administrator" not in page
        pages.append(page.count("<"))
    assert len(set(pages)) == 1


# --- deciding ---


def test_approve_makes_the_organization_and_its_administrator() -> None:
    registration = registration_approve(staff_actor(), registration_id=make_registration(name_en="Taihu").pk)
    organization = Organization.objects.get()
    assert (organization.code, organization.name_en) == (registration.code, "Taihu")
    assert registration.organization == organization
    administrator = Membership.objects.get()
    assert administrator.user == registration.applicant
    assert actor_as(administrator).may("manage_members")
    assert told(registration.applicant) == ["registration_approved"]


def test_approve_again_changes_nothing() -> None:
    registration, staff = make_registration(), staff_actor()
    first = registration_approve(staff, registration_id=registration.pk)
    assert registration_approve(staff, registration_id=registration.pk).decided_at == first.decided_at
    assert Organization.objects.count() == Membership.objects.count() == 1


def test_approve_claims_the_listed_university_that_nobody_administers() -> None:
    school = make_university(code="4132012688", name="苏州职业大学", name_en="")
    registration = make_registration(kind="university", code="4132012688", name="苏职大", name_en="Suzhou")
    registration_approve(staff_actor(), registration_id=registration.pk)
    school.refresh_from_db()
    assert (school.name, school.name_en) == ("苏州职业大学", "Suzhou")
    assert school.memberships.get().user == registration.applicant


@pytest.mark.parametrize("situation", ["administered", "suspended", "other kind"])
def test_approve_for_an_organization_that_is_not_to_be_claimed_is_refused(situation: str) -> None:
    registration = make_registration()
    present = make_enterprise(code=registration.code)
    if situation == "administered":
        make_member(present, Role.ADMINISTRATOR)
    elif situation == "suspended":
        Organization.objects.update(suspended_at="2026-01-01T00:00Z", suspension_reason="x")
    else:
        Organization.objects.update(kind=Organization.Kind.FUNDER)
    with pytest.raises(WrongState):
        registration_approve(staff_actor(), registration_id=registration.pk)
    registration.refresh_from_db()
    assert registration.state == State.PENDING
    assert not registration.applicant.memberships.exists()


def test_reject_needs_a_reason_and_tells_the_applicant() -> None:
    registration, staff = make_registration(), staff_actor()
    with pytest.raises(ValidationError):
        registration_reject(staff, registration_id=registration.pk, reason=" ")
    rejected = registration_reject(staff, registration_id=registration.pk, reason="The scan cannot be read.")
    assert (rejected.state, rejected.reason) == (State.REJECTED, "The scan cannot be read.")
    assert registration_reject(staff, registration_id=registration.pk, reason="Other").reason == rejected.reason
    assert told(registration.applicant) == ["registration_rejected"]
    with pytest.raises(WrongState):
        registration_approve(staff, registration_id=registration.pk)
    assert not Organization.objects.exists()


def test_withdraw_is_the_applicants_alone_and_ends_it() -> None:
    registration = make_registration()
    with pytest.raises(NotAllowed):
        registration_withdraw(staff_actor(), registration_id=registration.pk)
    own = Actor(user_id=registration.applicant_id)
    assert registration_withdraw(own, registration_id=registration.pk).state == State.WITHDRAWN
    assert registration_withdraw(own, registration_id=registration.pk).state == State.WITHDRAWN
    with pytest.raises(WrongState):
        registration_approve(staff_actor(), registration_id=registration.pk)


def test_nobody_decides_their_own() -> None:
    staff = make_staff()
    registration = make_registration(staff)
    for decide in (registration_approve, partial(registration_reject, reason="x")):
        with pytest.raises(NotAllowed):
            decide(staff_actor(staff), registration_id=registration.pk)


def invited_by(kind: str) -> tuple[Membership, Registration]:
    host, person = make_member(make_organization(kind), Role.ADMINISTRATOR), make_person()
    invitation = make_invitation(host, person.email, purpose="organization", role="")
    return host, make_registration(person, invitation_id=invitation.pk)


@pytest.mark.parametrize("kind", [Organization.Kind.VOCATIONAL_GROUP, Organization.Kind.GOVERNMENT])
def test_group_and_government_decide_about_whom_they_invited_and_no_others(kind: str) -> None:
    host, registration = invited_by(kind)
    assert registration.invitation is not None
    assert registration.invitation.accepted_by == registration.applicant
    assert "registration_submitted" in told(host.user)
    others = make_registration()
    with pytest.raises(NotFound):
        registration_approve(actor_as(host), registration_id=others.pk)
    assert registration_approve(actor_as(host), registration_id=registration.pk).state == State.APPROVED
    assert registration.applicant.memberships.get().role == Role.ADMINISTRATOR


def test_coordinator_of_the_inviting_group_decides_nothing() -> None:
    host, registration = invited_by(Organization.Kind.VOCATIONAL_GROUP)
    with pytest.raises(NotFound):
        registration_approve(actor_as(make_member(host.organization)), registration_id=registration.pk)


def test_submit_by_an_invitation_to_somebody_else_is_refused() -> None:
    host = make_member(make_organization(Organization.Kind.VOCATIONAL_GROUP), Role.ADMINISTRATOR)
    invitation = make_invitation(host, "other@example.org", purpose="organization", role="")
    with pytest.raises(NotFound):
        make_registration(invitation_id=invitation.pk)
    assert not Registration.objects.exists()


# --- at once ---


def approve_two_of_one_number() -> list[Any]:
    first = make_registration()
    second = make_registration(code=first.code)
    acts = [partial(registration_approve, staff_actor(), registration_id=row.pk) for row in (first, second)]
    return overlapping(*acts)


@pytest.mark.django_db(transaction=True)
def test_approve_two_of_one_number_at_once_lets_one_in() -> None:
    assert [type(answer) for answer in approve_two_of_one_number()] == [Registration, WrongState]
    assert Organization.objects.count() == Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_approve_two_of_one_number_at_once_without_the_guard_collides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without holding all of the number, both make the organization."""
    monkeypatch.setattr(registrations, "_hold_all_of_number", lambda actor, pk: Registration.objects.get(pk=pk))
    assert isinstance(approve_two_of_one_number()[1], IntegrityError)


@pytest.mark.django_db(transaction=True)
def test_approve_and_reject_at_once_is_one_decision() -> None:
    for _turn in range(5):
        registration = make_registration()
        answers = at_once(
            partial(registration_approve, staff_actor(), registration_id=registration.pk),
            partial(registration_reject, staff_actor(), registration_id=registration.pk, reason="No"),
        )
        assert {type(answer) for answer in answers} == {Registration, WrongState}
        registration.refresh_from_db()
        let_in = registration.state == State.APPROVED
        assert Organization.objects.filter(code=registration.code).exists() == let_in


@pytest.mark.django_db(transaction=True)
def test_submit_twice_at_once_makes_one() -> None:
    for _turn in range(5):
        person, code = make_person(), make_code()
        first, second = at_once(*2 * [partial(make_registration, person, code=code)])
        assert first == second


# --- pages ---


@pytest.fixture
def person() -> Any:
    return make_person()


@pytest.fixture
def browser(person: Any) -> Client:
    client = Client()
    sign_in_person(client, person, with_factor=False)
    return client


def form_values(**values: Any) -> dict[str, Any]:
    data = registration_values()
    return {**data, "region": data.pop("region_code"), "name_en": "", "note": ""} | values


NEW = reverse("organizations:registration_create")


def test_page_registers_and_shows_how_it_stands(browser: Client, person: Any) -> None:
    response = browser.post(NEW, form_values(region="苏州"))
    registration = Registration.objects.get()
    assert response.headers["Location"] == reverse("organizations:registration_detail", args=[registration.pk])
    page = browser.get(response.headers["Location"]).content.decode()
    assert "waiting for a decision" in page
    assert "Withdraw" in page
    assert "Approve" not in page
    assert registration.name in browser.get(reverse("portal:home")).content.decode()
    assert registration.region_id == "320500"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"code": "91110000600037341M"}, "check character"),
        ({"region": "Atlantis"}, "No region is called that"),
        ({"region": "苏"}, "Several regions fit"),
        ({"evidence": ""}, "required"),
    ],
)
def test_page_with_a_bad_value_says_so_and_keeps_what_was_typed(
    values: dict[str, Any], words: str, browser: Client
) -> None:
    response = browser.post(NEW, form_values(name="太湖", **values))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert 'value="太湖"' in response.content.decode()
    assert not Registration.objects.exists()


def test_page_of_regions_suggests_by_name_code_and_what_is_above(browser: Client) -> None:
    make_registration()
    url = reverse("organizations:region_search")
    for words in ("苏州", "3205", "江苏 苏州"):
        assert "320500 苏州市" in browser.get(url, {"region": words}).content.decode()
    assert browser.get(url, {"region": "\x00"}).content.decode().strip() == ""


def test_certificate_is_given_to_who_may_see_it_as_an_attachment(browser: Client) -> None:
    registration = make_registration()
    url = reverse("organizations:registration_evidence", args=[registration.pk])
    assert browser.get(url).status_code == 404
    staff = Client()
    sign_in_person(staff, make_staff())
    response = staff.get(url)
    assert b"".join(response.streaming_content) == PDF
    response.close()
    assert response.headers["Content-Disposition"] == 'attachment; filename="license.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_staff_find_it_on_their_home_page_and_decide() -> None:
    registration, browser = make_registration(), Client()
    sign_in_person(browser, make_staff())
    url = reverse("organizations:registration_detail", args=[registration.pk])
    assert url in browser.get(reverse("portal:home")).content.decode()
    assert "approval creates it" in browser.get(url).content.decode()
    assert browser.post(reverse("organizations:registration_approve", args=[registration.pk])).status_code == 302
    registration.refresh_from_db()
    assert registration.state == State.APPROVED


def test_reject_page_wants_a_reason() -> None:
    registration, browser = make_registration(), Client()
    sign_in_person(browser, make_staff())
    url = reverse("organizations:registration_reject", args=[registration.pk])
    assert browser.post(url, {"reason": " "}).status_code == 422
    assert browser.post(url, {"reason": "No scan"}).status_code == 302
    registration.refresh_from_db()
    assert (registration.state, registration.reason) == (State.REJECTED, "No scan")


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(rows: int, django_assert_num_queries: Any) -> None:
    for _row in range(rows):
        make_registration()
    browser = Client()
    sign_in_person(browser, make_staff())
    url = reverse("organizations:registration_list")
    browser.get(url)
    with django_assert_num_queries(SHELL + 2):
        response = browser.get(url)
    assert response.content.count(b"row-link") == rows


def test_list_shows_others_nothing(browser: Client) -> None:
    foreign = make_registration()
    assert foreign.name not in browser.get(reverse("organizations:registration_list")).content.decode()
    member = make_member(make_enterprise(), Role.ADMINISTRATOR)
    assert not Registration.objects.visible_to(actor_as(member)).exists()
    assert Registration.objects.visible_to(SYSTEM).exists()
