from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.organizations.models import Role
from apps.placements.models import Journal, JournalAnswer, Placement, monday_of
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import make_member
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
LIST = "placements:journal_list"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


def make_journal(placement: Placement, weeks_ago: int = 0) -> Journal:
    week = monday_of(timezone.localdate()) - timedelta(weeks=weeks_ago)
    return Journal.objects.create(placement=placement, week_of=week, work_done="Fitted sensors", learnt="Plans")


def create_url(placement: Placement) -> str:
    return reverse("placements:journal_create", args=[placement.pk])


def test_week_is_written_answered_and_read(world: World, placement: Placement, as_member: Any) -> None:
    student, tutor = as_member(world.student), as_member(world.enterprise_tutor)
    assert create_url(placement) in student.get(reverse(LIST)).content.decode()
    page = student.get(create_url(placement))
    week = page.context["form"].fields["week_of"].widget.choices[0][0]
    assert week == monday_of(timezone.localdate())
    assert "data-autosave" in page.content.decode()
    response = student.post(create_url(placement), {"week_of": week, "work_done": "Fitted sensors", "learnt": "Plans"})
    journal = Journal.objects.get()
    detail = reverse("placements:journal_detail", args=[journal.pk])
    assert response.url == detail
    assert student.get(reverse(LIST)).context["unwritten"] is None
    assert tutor.get(detail).context["form"] is not None
    tutor.post(reverse("placements:journal_answer", args=[journal.pk]), {"text": "Measure twice."})
    assert "Measure twice." in student.get(detail).content.decode()
    assert tutor.get(detail).context["form"] is None


def test_written_weeks_are_not_offered_again(world: World, placement: Placement, as_member: Any) -> None:
    make_journal(placement)
    form = as_member(world.student).get(create_url(placement)).context["form"]
    offered = [day for day, _label in form.fields["week_of"].widget.choices]
    assert offered
    assert monday_of(timezone.localdate()) not in offered
    assert min(offered) == monday_of(placement.starts_on)


@pytest.mark.parametrize(
    ("field", "value"), [("work_done", ""), ("learnt", ""), ("week_of", "2999-01-07"), ("week_of", "x")]
)
def test_create_with_bad_value_says_so_and_keeps_what_was_typed(
    field: str, value: str, world: World, placement: Placement, as_member: Any
) -> None:
    data = {
        "week_of": monday_of(timezone.localdate()),
        "work_done": "Fitted sensors",
        "learnt": "Plans",
        "reflection": "Typed by hand",
    } | {field: value}
    response = as_member(world.student).post(create_url(placement), data)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert "Typed by hand" in response.content.decode()
    assert not Journal.objects.exists()


def test_create_with_every_week_written_leads_back_to_the_list(
    world: World, placement: Placement, as_member: Any
) -> None:
    for week in range(8):
        make_journal(placement, weeks_ago=week)
    assert as_member(world.student).get(create_url(placement)).url == reverse(LIST)


def test_create_by_others_is_forbidden(world: World, placement: Placement, as_member: Any) -> None:
    for who in (world.academic_tutor, world.enterprise_tutor, world.school, world.firm):
        assert as_member(who).get(create_url(placement)).status_code == 403


def test_create_sent_twice_makes_one_journal(world: World, placement: Placement, as_member: Any) -> None:
    data = {"week_of": monday_of(timezone.localdate()), "work_done": "Fitted sensors", "learnt": "Plans"}
    browser = as_member(world.student)
    assert [browser.post(create_url(placement), data).status_code for _time in range(2)] == [302, 302]
    assert Journal.objects.count() == 1


def test_answer_without_text_says_so_and_shows_the_journal(world: World, placement: Placement, as_member: Any) -> None:
    journal = make_journal(placement)
    url = reverse("placements:journal_answer", args=[journal.pk])
    response = as_member(world.academic_tutor).post(url, {"text": ""})
    assert response.status_code == 422
    assert "Fitted sensors" in response.content.decode()
    assert not JournalAnswer.objects.exists()


def test_answer_by_others_is_forbidden_and_by_strangers_not_found(
    world: World, placement: Placement, as_member: Any
) -> None:
    journal = make_journal(placement)
    url = reverse("placements:journal_answer", args=[journal.pk])
    for who in (world.student, world.school, world.firm):
        assert as_member(who).post(url, {"text": "Hm"}).status_code == 403
    assert as_member(make_member(world.university, Role.TUTOR)).post(url, {"text": "Hm"}).status_code == 404
    assert not JournalAnswer.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, world: World, placement: Placement, as_member: Any, django_assert_num_queries: Any
) -> None:
    for week in range(rows):
        make_journal(placement, weeks_ago=week)
    browser = as_member(world.academic_tutor)
    with django_assert_num_queries(SHELL + 2):
        response = browser.get(reverse(LIST))
    assert response.content.count(b"row-link") == rows


def test_list_filters_by_answer(world: World, placement: Placement, as_member: Any) -> None:
    answered, waiting = make_journal(placement), make_journal(placement, weeks_ago=1)
    for tutor in (world.academic_tutor, world.enterprise_tutor):
        JournalAnswer.objects.create(journal=answered, tutor=tutor, text="Good")
    browser = as_member(world.academic_tutor)
    for value, expected in (("true", [answered]), ("false", [waiting]), ("", [answered, waiting])):
        rows = browser.get(reverse(LIST), {"answered": value}).context["rows"]
        assert {journal for journal, _student in rows} == set(expected)
        assert len(rows) == len(expected)
