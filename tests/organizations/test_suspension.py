from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations import principal
from apps.organizations.models import Membership, MembershipQuerySet, Organization, Role
from apps.organizations.services import organization_resume, organization_suspend
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_person,
    make_university,
    rest_client,
    sign_in_person,
)
from tests.factories.registrations import make_staff, staff_actor

pytestmark = pytest.mark.django_db
REASON = "The licence has expired."


@pytest.fixture
def coordinator() -> Membership:
    return make_member(make_enterprise())


def suspend(membership: Membership) -> Organization:
    return organization_suspend(staff_actor(), organization_id=membership.organization_id, reason=REASON)


def test_suspend_keeps_the_first_reason_and_resume_clears_it(coordinator: Membership) -> None:
    first = suspend(coordinator)
    again = organization_suspend(staff_actor(), organization_id=first.pk, reason="Another")
    assert (again.suspended_at, again.suspension_reason) == (first.suspended_at, REASON)
    resumed = organization_resume(staff_actor(), organization_id=first.pk)
    assert (resumed.suspended_at, resumed.suspension_reason) == (None, "")
    assert organization_resume(staff_actor(), organization_id=first.pk).suspended_at is None


def test_suspend_without_a_reason_changes_nothing(coordinator: Membership) -> None:
    with pytest.raises(ValidationError):
        organization_suspend(staff_actor(), organization_id=coordinator.organization_id, reason=" ")
    assert actor_as(coordinator).is_member


@pytest.mark.parametrize("role", Role.values)
def test_suspend_by_members_is_refused(role: str, coordinator: Membership) -> None:
    actor = actor_as(make_member(coordinator.organization, role))
    with pytest.raises(NotAllowed):
        organization_suspend(actor, organization_id=coordinator.organization_id, reason="x")
    with pytest.raises(NotAllowed):
        organization_resume(actor, organization_id=coordinator.organization_id)


def test_suspend_by_somebody_without_membership_is_not_found(coordinator: Membership) -> None:
    with pytest.raises(NotFound):
        organization_suspend(Actor(user_id=make_person().pk), organization_id=coordinator.organization_id, reason="x")


def test_suspend_tells_the_administrators(coordinator: Membership) -> None:
    administrator = make_member(coordinator.organization, Role.ADMINISTRATOR)
    organization = suspend(coordinator)
    organization_resume(staff_actor(), organization_id=organization.pk)
    suspend(coordinator)
    outbox_relay()
    kinds = Delivery.objects.filter(user=administrator.user).order_by("pk").values_list("notification__kind", flat=True)
    assert list(kinds) == ["organization_suspended", "organization_resumed", "organization_suspended"]


def refusals(membership: Membership, browser: Client, client: Any) -> list[int]:
    """What a page, the API with the session and the API with a token answer now."""
    return [
        browser.get(reverse("agreements:agreement_list")).status_code,
        browser.get("/api/v1/agreements/").status_code,
        client.get("/api/v1/agreements/").status_code,
    ]


def test_suspension_takes_effect_at_the_next_request(coordinator: Membership, as_member: Any) -> None:
    browser, client = as_member(coordinator), rest_client(coordinator)
    assert refusals(coordinator, browser, client) == [200, 200, 200]
    organization = suspend(coordinator)
    assert refusals(coordinator, browser, client) == [403, 403, 401]
    page = browser.get(reverse("portal:home"))
    assert page.status_code == 403
    assert REASON in page.content.decode()
    assert browser.get("/api/v1/agreements/").headers["Content-Type"] == "application/problem+json"
    organization_resume(staff_actor(), organization_id=organization.pk)
    assert refusals(coordinator, browser, client) == [200, 200, 200]


def test_suspension_without_the_guard_takes_no_effect(
    coordinator: Membership, as_member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what refuses is that a suspended organization has no current members."""
    monkeypatch.setattr(MembershipQuerySet, "current", lambda rows: rows.filter(ended_at=None, user__is_active=True))
    for statement in (principal._of_person, principal._of_token):
        statement.cache_clear()
    browser, client = as_member(coordinator), rest_client(coordinator)
    suspend(coordinator)
    assert refusals(coordinator, browser, client) == [200, 200, 200]
    monkeypatch.undo()
    for statement in (principal._of_person, principal._of_token):
        statement.cache_clear()


def test_suspended_people_keep_what_is_theirs_as_persons(coordinator: Membership, as_member: Any) -> None:
    browser = as_member(coordinator)
    suspend(coordinator)
    for name in ("notifications:list", "organizations:registration_list", "organizations:registration_create"):
        assert browser.get(reverse(name)).status_code == 200, name


def test_suspended_in_one_organization_acts_in_the_other(coordinator: Membership, as_member: Any) -> None:
    make_member(make_university(), Role.COORDINATOR, coordinator.user)
    browser = as_member(coordinator)
    suspend(coordinator)
    page = browser.get(reverse("portal:home"))
    assert page.status_code == 200
    assert str(coordinator.organization) not in page.content.decode()


def test_others_see_that_it_is_suspended_and_not_why(coordinator: Membership, as_member: Any) -> None:
    organization = suspend(coordinator)
    browser = as_member(make_member(make_university()))
    for url in (
        reverse("organizations:organization_list"),
        reverse("organizations:organization_detail", args=[organization.pk]),
    ):
        page = browser.get(url).content.decode()
        assert "suspended" in page
        assert REASON not in page


def test_pages_suspend_and_resume_for_staff_alone(coordinator: Membership, as_member: Any) -> None:
    detail, suspension, resumption = (
        reverse(f"organizations:organization_{name}", args=[coordinator.organization_id])
        for name in ("detail", "suspend", "resume")
    )
    member = as_member(make_member(make_university(), Role.ADMINISTRATOR))
    assert suspension not in member.get(detail).content.decode()
    assert member.get(suspension).status_code == member.post(resumption).status_code == 403
    staff = Client()
    sign_in_person(staff, make_staff())
    assert suspension in staff.get(detail).content.decode()
    assert staff.post(suspension, {"reason": ""}).status_code == 422
    assert staff.post(suspension, {"reason": REASON}).status_code == 302
    assert REASON in staff.get(detail).content.decode()
    assert staff.post(resumption).status_code == 302
    coordinator.organization.refresh_from_db()
    assert coordinator.organization.suspended_at is None
