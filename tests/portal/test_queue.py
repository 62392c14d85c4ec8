"""What waits for the platform's staff, and for people who belong to no organization."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.actor import Actor
from apps.jobs.models import JobRun, OutboxMessage
from apps.organizations.models import Role
from apps.portal.queue import queue_of
from tests.factories.organizations import actor_as, make_member, make_organization, make_person, sign_in_person
from tests.factories.registrations import make_invitation, make_registration, make_staff, staff_actor

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")


@pytest.fixture
def trouble() -> None:
    """A job that failed, a message that was given up, a registration that waits."""
    person = make_person()
    JobRun.objects.create(kind="x", title="x", requested_by=person, state="failed", finished_at=timezone.now())
    OutboxMessage.objects.create(topic="x", failed_at=timezone.now())
    make_registration(person)


def urls(actor: Actor) -> list[str]:
    return [item.url for item in queue_of(actor)]


@pytest.mark.usefixtures("trouble")
def test_staff_find_registrations_failed_jobs_and_given_up_messages() -> None:
    assert sorted(url.split("?")[0].rstrip("0123456789/") for url in urls(staff_actor())) == [
        "/admin/jobs/jobrun",
        "/admin/jobs/outboxmessage",
        "/registrations",
    ]
    browser = Client()
    staff = make_staff()
    staff.is_superuser = True
    staff.save()
    sign_in_person(browser, staff)
    page = browser.get(HOME).content.decode()
    assert "1 job failed this week" in page
    for url in urls(staff_actor()):
        assert browser.get(url).status_code == 200, url


@pytest.mark.usefixtures("trouble")
def test_nobody_else_finds_them() -> None:
    group = make_organization("vocational_group")
    for actor in (Actor(user_id=make_person().pk), actor_as(make_member(group, Role.ADMINISTRATOR))):
        assert [url for url in urls(actor) if url.startswith(("/admin/", "/registrations/"))] == []


def test_group_finds_registrations_of_whom_it_invited() -> None:
    host, person = make_member(make_organization("vocational_group"), Role.ADMINISTRATOR), make_person()
    invitation = make_invitation(host, person.email, purpose="organization")
    registration = make_registration(person, invitation_id=invitation.pk)
    assert reverse("organizations:registration_detail", args=[registration.pk]) in urls(actor_as(host))


def test_person_without_membership_is_told_what_to_do(client: Any) -> None:
    person = make_person()
    sign_in_person(client, person, with_factor=False)
    page = client.get(HOME).content.decode()
    assert "do not belong to an organization yet" in page
    assert reverse("organizations:registration_create") in page
