from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.applications.models import Application
from apps.applications.services import application_withdraw
from apps.core.errors import WrongState
from apps.placements.models import Placement
from apps.placements.services import placement_break_off
from tests.factories.chain import World, make_application, make_placement, make_world
from tests.factories.organizations import actor_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize("state", [Placement.State.PREPARING, Placement.State.ACTIVE, Placement.State.COMPLETED])
def test_application_with_a_placement_cannot_be_withdrawn(state: str, world: World) -> None:
    placement = make_placement(world, world.student, state=state)
    with pytest.raises(WrongState):
        application_withdraw(actor_as(world.student), application_id=placement.application_id)
    placement.application.refresh_from_db()
    world.position.refresh_from_db()
    assert (placement.application.state, world.position.taken) == (Application.State.ACCEPTED, 1)


def test_application_withdrawn_after_breaking_off_frees_its_place_once(world: World) -> None:
    placement = make_placement(world, world.student)
    make_placement(world)
    placement_break_off(actor_as(world.firm), placement_id=placement.pk, reason="The line is closed.")
    application_withdraw(actor_as(world.student), application_id=placement.application_id)
    world.position.refresh_from_db()
    assert world.position.taken == 1


def test_accepted_application_leads_the_university_to_its_placement(world: World, as_member: Any) -> None:
    application = make_application(world, world.student, state=Application.State.ACCEPTED)
    page = reverse("applications:application_detail", args=[application.pk])
    arrange = reverse("placements:placement_arrange", args=[application.pk])
    assert arrange in as_member(world.school).get(page).content.decode()
    for who in (world.firm, world.student):
        assert arrange not in as_member(who).get(page).content.decode()
    placement = make_placement(world)
    page = reverse("applications:application_detail", args=[placement.application_id])
    assert (
        reverse("placements:placement_detail", args=[placement.pk]) in as_member(world.firm).get(page).content.decode()
    )


def test_submitted_application_shows_no_way_to_a_placement(world: World, as_member: Any) -> None:
    application = make_application(world, world.student)
    page = as_member(world.school).get(reverse("applications:application_detail", args=[application.pk]))
    assert "Arrange the placement" not in page.content.decode()
