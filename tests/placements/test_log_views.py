from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.organizations.models import Role
from apps.placements.models import Placement, ProgressLog
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import make_member
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
LIST = "placements:log_list"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


def make_log(placement: Placement, **values: Any) -> ProgressLog:
    return ProgressLog.objects.create(
        **{
            "placement": placement,
            "tutor": placement.enterprise_tutor,
            "worked_on": timezone.localdate(),
            "hours": 8,
            "tasks": "Aligned the conveyor",
            "rating": 4,
        }
        | values
    )


def create_url(placement: Placement) -> str:
    return reverse("placements:log_create", args=[placement.pk])


def test_day_is_logged_from_the_list_with_the_rating_alone(world: World, placement: Placement, as_member: Any) -> None:
    make_log(placement, worked_on=timezone.localdate() - timedelta(days=1))
    browser = as_member(world.enterprise_tutor)
    page = browser.get(reverse(LIST))
    assert page.context["left"] == 1
    assert create_url(placement) in page.content.decode()
    form = browser.get(create_url(placement)).context["form"]
    typed = {name: form[name].value() for name in ("worked_on", "hours", "tasks")}
    assert typed == {"worked_on": timezone.localdate(), "hours": 8, "tasks": "Aligned the conveyor"}
    response = browser.post(create_url(placement), typed | {"rating": 5})
    assert response.url == reverse(LIST)
    page = browser.get(response.url)
    assert page.context["left"] == 0
    assert "The day is logged." in page.content.decode()
    assert ProgressLog.objects.get(worked_on=timezone.localdate()).rating == 5


def test_students_of_today_stand_first_when_they_are_not_logged(world: World, as_member: Any) -> None:
    logged, waiting = make_placement(world), make_placement(world)
    make_log(logged)
    make_placement(world, state=Placement.State.COMPLETED)
    make_placement(world, enterprise_tutor=make_member(world.enterprise, Role.TUTOR))
    make_placement(world, starts_on=timezone.localdate() + timedelta(days=1))
    page = as_member(world.enterprise_tutor).get(reverse(LIST))
    assert [student["placement"].pk for student in page.context["today"]] == [waiting.pk, logged.pk]


def test_academic_tutor_sees_entries_and_no_students_to_log(world: World, placement: Placement, as_member: Any) -> None:
    log = make_log(placement)
    page = as_member(world.academic_tutor).get(reverse(LIST))
    assert page.context["today"] == []
    assert [(row["log"].pk, row["may_edit"]) for row in page.context["rows"]] == [(log.pk, False)]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_log(make_placement(world))
    browser = as_member(world.enterprise_tutor)
    with django_assert_num_queries(SHELL + 5):
        page = browser.get(reverse(LIST))
    assert len(page.context["rows"]) == rows


def test_list_of_one_placement_names_it_and_hides_the_others(
    world: World, placement: Placement, as_member: Any
) -> None:
    log = make_log(placement)
    make_log(make_placement(world))
    page = as_member(world.school).get(reverse(LIST), {"placement": placement.pk})
    assert [row["log"].pk for row in page.context["rows"]] == [log.pk]
    foreign = make_placement(make_world())
    assert as_member(world.school).get(reverse(LIST), {"placement": foreign.pk}).status_code == 404


def test_saving_a_day_costs_five_statements_beside_the_page(
    world: World, placement: Placement, as_member: Any, django_assert_num_queries: Any
) -> None:
    browser = as_member(world.enterprise_tutor)
    data = {"worked_on": timezone.localdate(), "hours": "8", "tasks": "Aligned", "rating": "4"}
    with django_assert_num_queries(3 + 5):  # session, person and membership come first
        browser.post(create_url(placement), data)
    assert ProgressLog.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("rating", ""), ("rating", "6"), ("hours", "25"), ("tasks", ""), ("worked_on", "2999-01-01"), ("worked_on", "x")],
)
def test_create_with_bad_value_says_so_and_keeps_what_was_typed(
    field: str, value: str, world: World, placement: Placement, as_member: Any
) -> None:
    data = {"worked_on": timezone.localdate(), "hours": "7", "tasks": "Soldered", "rating": "4", "note": "Typed"}
    response = as_member(world.enterprise_tutor).post(create_url(placement), data | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert "Typed" in response.content.decode()
    assert not ProgressLog.objects.exists()


def test_create_on_a_logged_day_points_to_the_entry(world: World, placement: Placement, as_member: Any) -> None:
    log = make_log(placement)
    browser = as_member(world.enterprise_tutor)
    assert reverse("placements:log_edit", args=[log.pk]) in browser.get(create_url(placement)).content.decode()
    data = {"worked_on": timezone.localdate(), "hours": "2", "tasks": "Other", "rating": "1"}
    assert browser.post(create_url(placement), data).status_code == 422
    assert ProgressLog.objects.get().rating == 4


def test_create_by_others_is_forbidden_and_by_strangers_not_found(
    world: World, placement: Placement, as_member: Any
) -> None:
    for who in (world.student, world.academic_tutor, world.school, world.firm):
        assert as_member(who).get(create_url(placement)).status_code == 403
    assert as_member(make_member(world.enterprise, Role.TUTOR)).get(create_url(placement)).status_code == 404


def test_create_for_a_completed_placement_is_a_conflict(world: World, as_member: Any) -> None:
    placement = make_placement(world, state=Placement.State.COMPLETED)
    data = {"worked_on": timezone.localdate(), "hours": "2", "tasks": "Other", "rating": "1"}
    assert as_member(world.enterprise_tutor).post(create_url(placement), data).status_code == 409
    assert not ProgressLog.objects.exists()


def test_edit_corrects_the_entry(world: World, placement: Placement, as_member: Any) -> None:
    log = make_log(placement)
    browser = as_member(world.enterprise_tutor)
    url = reverse("placements:log_edit", args=[log.pk])
    form = browser.get(url).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    assert browser.post(url, typed | {"hours": "6.5"}).url == reverse(LIST)
    log.refresh_from_db()
    assert (log.hours, log.rating, log.version) == (6.5, 4, 2)


def test_edit_over_an_unseen_change_shows_both_and_saves_on_the_second_try(
    world: World, placement: Placement, as_member: Any
) -> None:
    log = make_log(placement)
    ProgressLog.objects.filter(pk=log.pk).update(tasks="Changed elsewhere", version=2)
    browser = as_member(world.enterprise_tutor)
    url = reverse("placements:log_edit", args=[log.pk])
    data = {"hours": "6", "tasks": "Typed here", "rating": "2", "version": "1"}
    response = browser.post(url, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Changed elsewhere" in page
    assert "Typed here" in page
    log.refresh_from_db()
    assert log.tasks == "Changed elsewhere"
    again = data | {"version": response.context["form"]["version"].value()}
    assert browser.post(url, again).status_code == 302
    log.refresh_from_db()
    assert (log.tasks, log.version) == ("Typed here", 3)


def test_edit_of_a_completed_placement_is_a_conflict(world: World, as_member: Any) -> None:
    log = make_log(make_placement(world, state=Placement.State.COMPLETED))
    data = {"hours": "6", "tasks": "Typed here", "rating": "2", "version": "1"}
    response = as_member(world.enterprise_tutor).post(reverse("placements:log_edit", args=[log.pk]), data)
    assert response.status_code == 409
    log.refresh_from_db()
    assert log.version == 1
