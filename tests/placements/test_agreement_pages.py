from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_submit
from apps.applications.models import Application
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.placements.models import Placement
from apps.placements.services import placement_agreement_draft
from tests.factories.chain import World, make_application, make_placement, make_student, make_world
from tests.factories.organizations import actor_as
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def world() -> World:
    return make_world()


def prepared(world: World, **values: Any) -> Placement:
    values = {"state": Placement.State.PREPARING, "started_at": None, "agreement": None} | values
    return make_placement(world, make_student(world.university), **values)


def page_of(world: World) -> str:
    return reverse("placements:intake_agreements", args=[world.intake.pk])


def detail(placement: Placement) -> str:
    return reverse("placements:placement_detail", args=[placement.pk])


def test_university_makes_the_draft_from_the_placement(world: World, as_member: Any) -> None:
    placement = prepared(world)
    browser = as_member(world.school)
    make = reverse("placements:placement_agreement", args=[placement.pk])
    assert make in browser.get(detail(placement)).content.decode()
    assert browser.get(make).context["form"]["not_before"].value() == TODAY
    answer = browser.post(make, {"not_before": (TODAY + timedelta(days=4)).isoformat()})
    agreement = Agreement.objects.get(placement=placement)
    assert answer.url == reverse("agreements:agreement_detail", args=[agreement.pk])
    assert agreement.starts_on == TODAY + timedelta(days=4)
    assert make not in browser.get(detail(placement)).content.decode()


@pytest.mark.parametrize("day", ["", "soon", (TODAY - timedelta(days=1)).isoformat(), "2999-01-01"])
def test_a_day_that_does_not_fit_is_said_next_to_it_or_above(world: World, as_member: Any, day: str) -> None:
    placement = prepared(world)
    make = reverse("placements:placement_agreement", args=[placement.pk])
    answer = as_member(world.school).post(make, {"not_before": day})
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Agreement.objects.filter(mode="placement").exists()


@pytest.mark.parametrize("who", ["firm", "academic_tutor", "enterprise_tutor"])
def test_others_neither_make_nor_are_offered_it(world: World, as_member: Any, who: str) -> None:
    placement = prepared(world)
    browser = as_member(getattr(world, who))
    make = reverse("placements:placement_agreement", args=[placement.pk])
    assert make not in browser.get(detail(placement)).content.decode()
    assert browser.post(make, {"not_before": TODAY.isoformat()}).status_code == 403
    assert browser.get(page_of(world)).status_code == 403


def test_tutors_see_how_far_it_is_but_not_what_it_says(world: World, as_member: Any) -> None:
    placement = prepared(world)
    agreement = placement_agreement_draft(actor_as(world.school), placement_id=placement.pk)
    agreement_submit(actor_as(world.school), agreement_id=agreement.pk)
    address = reverse("agreements:agreement_detail", args=[agreement.pk])
    assert address in as_member(world.school).get(detail(placement)).content.decode()
    text = as_member(world.academic_tutor).get(detail(placement)).content.decode()
    assert "awaiting signatures" in text
    assert address not in text


def test_intake_page_asks_for_all_that_are_missing_and_shows_how_far_they_are(world: World, as_member: Any) -> None:
    for _row in range(2):
        prepared(world)
    make_application(world, state=Application.State.ACCEPTED)
    browser = as_member(world.school)
    counts = {str(label): count for label, count in browser.get(page_of(world)).context["counts"]}
    assert counts == {"accepted, without a placement": 1, "without an agreement": 2}
    intake = browser.get(reverse("bases:intake_detail", args=[world.intake.pk])).content.decode()
    assert page_of(world) in intake
    answer = browser.post(page_of(world), {"not_before": TODAY.isoformat()})
    job = JobRun.objects.get()
    assert answer.url == reverse("jobs:run_detail", args=[job.pk])
    run_here(job)
    shown = browser.get(answer.url).content.decode()
    assert "Made and submitted" in shown
    assert "no placement is arranged yet" in shown
    counts = {str(label): count for label, count in browser.get(page_of(world)).context["counts"]}
    assert counts == {"accepted, without a placement": 1, "without an agreement": 0, "awaiting signatures": 2}


def test_intake_page_without_placements_says_what_comes_first(world: World, as_member: Any) -> None:
    browser = as_member(world.school)
    assert "Arrange a placement for each accepted application first" in browser.get(page_of(world)).content.decode()
    assert browser.post(page_of(world), {"not_before": TODAY.isoformat()}).status_code == 409
    assert as_member(make_world().school).get(page_of(world)).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_intake_page_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        prepared(world)
    browser = as_member(world.school)
    with django_assert_num_queries(SHELL + 4):
        assert len(browser.get(page_of(world)).context["rows"]) == rows
