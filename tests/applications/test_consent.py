"""What a student wrote is read by the host while it decides; afterwards only with the student's consent."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.applications.models import Application
from apps.privacy.models import ConsentText, Purpose
from apps.privacy.services import consent_give, consent_withdraw
from tests.factories.chain import World, make_application, make_world
from tests.factories.organizations import actor_as, rest_client

pytestmark = pytest.mark.django_db
State = Application.State
WORDS = "I want to learn how the line works."


@pytest.fixture
def world() -> World:
    return make_world()


def application_in(world: World, state: str) -> Application:
    return make_application(world, world.student, state=state, reason="No" if state == State.REJECTED else "")


def reads(as_member: Any, member: Any, application: Application) -> tuple[bool, bool]:
    """Whether the words stand on the page, and in the API."""
    page = as_member(member).get(reverse("applications:application_detail", args=[application.pk]))
    body = rest_client(member).get(f"/api/v1/applications/{application.pk}/").json()
    listed = rest_client(member).get("/api/v1/applications/").json()["results"][0]
    assert body["statement"] == listed["statement"]
    return WORDS in page.content.decode(), WORDS in body["statement"]


@pytest.mark.parametrize("state", [State.REJECTED, State.WITHDRAWN])
def test_host_reads_what_came_to_nothing_only_with_consent(world: World, as_member: Any, state: str) -> None:
    application = application_in(world, state)
    assert reads(as_member, world.firm, application) == (False, False)
    text = ConsentText.objects.get(purpose=Purpose.ENTERPRISE_PROFILE, superseded_at=None)
    consent = consent_give(actor_as(world.student), text_id=text.pk)
    assert reads(as_member, world.firm, application) == (True, True)
    consent_withdraw(actor_as(world.student), consent_id=consent.pk)
    assert reads(as_member, world.firm, application) == (False, False)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ACCEPTED])
def test_host_reads_what_it_decides_on(world: World, as_member: Any, state: str) -> None:
    assert reads(as_member, world.firm, application_in(world, state)) == (True, True)


def test_consent_to_something_else_opens_nothing(world: World, as_member: Any) -> None:
    application = application_in(world, State.REJECTED)
    text = ConsentText.objects.get(purpose=Purpose.STATISTICS, superseded_at=None)
    consent_give(actor_as(world.student), text_id=text.pk)
    assert reads(as_member, world.firm, application) == (False, False)


def test_school_and_student_read_it_always(world: World, as_member: Any) -> None:
    application = application_in(world, State.REJECTED)
    for member in (world.school, world.student):
        assert reads(as_member, member, application) == (True, True)
