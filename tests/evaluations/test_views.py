from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.evaluations.models import Evaluation, EvaluationPlan, EvaluationScheme, PlacementResult, Score
from apps.evaluations.services import scheme_create
from apps.organizations.models import Role
from apps.placements.models import Placement
from tests.factories.chain import World, make_placement, make_world
from tests.factories.evaluations import (
    CRITERIA,
    close_round,
    make_plan,
    make_round,
    make_scheme,
    make_submitted_sheet,
)
from tests.factories.organizations import actor_as, make_member
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def address(name: str, *args: int) -> str:
    return reverse(f"evaluations:{name}", args=args)


def scheme_data(*rows: dict[str, Any], title: str = "Apprentice standard") -> dict[str, Any]:
    cells = {f"criteria.{number}.{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {"title": title} | cells


def sheet_data(sheet: Evaluation, *points: Any) -> dict[str, Any]:
    criteria = sheet.round.plan.scheme.criteria.values_list("pk", flat=True)
    return {f"scores.{pk}": value for pk, value in zip(criteria, points, strict=True)} | {"comment": "Well done"}


def fill(world: World, rows: int) -> list[Placement]:
    """A closed round with so many placements, all scored, and an open one of the same."""
    placements = [make_placement(world) for _row in range(rows)]
    current = make_round(world)
    for sheet in current.evaluations.all():
        make_submitted_sheet(sheet, 80, 70, 60, comment="Careful")
    close_round(current)
    make_round(world, scheme=make_scheme(world, title="Second"))
    return placements


# What the pages cost, at one row and at three


@pytest.mark.parametrize("rows", [1, 3])
def test_sheets_to_score_cost_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    fill(world, rows)
    browser = as_member(world.enterprise_tutor)
    browser.get(address("evaluation_list"))
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(address("evaluation_list"))
    assert response.content.count(b"queue__item") == rows


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("name", "own", "shown"), [("evaluation_list", 1, 4), ("result_list", 1, 1), ("round_list", 1, None)]
)
def test_lists_of_the_coordinator_cost_the_same_at_any_length(
    name: str, own: int, shown: int | None, rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    fill(world, rows)
    browser = as_member(world.school)
    browser.get(address(name))
    with django_assert_num_queries(SHELL + own):
        response = browser.get(address(name))
    assert response.content.count(b"row-link") == (2 if shown is None else shown * rows)


@pytest.mark.parametrize("rows", [1, 3])
def test_schemes_cost_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        make_scheme(world, title=f"Scheme {number}")
    browser = as_member(world.school)
    browser.get(address("scheme_list"))
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(address("scheme_list"))
    assert response.content.count(b"row-link") == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_results_of_a_round_cost_the_same_at_any_length(
    rows: int, world: World, as_member: Any, django_assert_num_queries: Any
) -> None:
    placements = fill(world, rows)
    closed = PlacementResult.objects.filter(placement=placements[0]).get().round_id
    browser = as_member(world.school)
    browser.get(address("round_detail", closed))
    with django_assert_num_queries(SHELL + 6):
        response = browser.get(address("round_detail", closed))
    assert response.content.count(b"row-link") == rows


# Schemes and plans


def test_scheme_is_written_published_and_planned_in_the_browser(world: World, as_member: Any) -> None:
    browser = as_member(world.school)
    browser.get(address("scheme_create"))
    created = browser.post(address("scheme_create"), scheme_data(*CRITERIA, {"title": "", "weight": ""}))
    scheme = EvaluationScheme.objects.get()
    assert created.headers["Location"] == address("scheme_detail", scheme.pk)
    assert "100 %" in browser.get(created.headers["Location"]).content.decode()
    browser.post(address("scheme_publish", scheme.pk))
    today = timezone.localdate()
    plan = {"cadence": "monthly", "first_due_on": today, "ends_on": today + timedelta(days=90), "days_open": 10}
    assert browser.post(address("plan_create", scheme.pk), plan | {"base": world.base.pk}).status_code == 302
    made = EvaluationPlan.objects.get()
    assert (made.base, made.days_open, made.next_due_on) == (world.base, 10, today)
    assert world.base.local_name in browser.get(address("scheme_detail", scheme.pk)).content.decode()


def test_scheme_form_names_the_row_that_is_wrong_and_keeps_what_was_typed(world: World, as_member: Any) -> None:
    rows = [CRITERIA[0], {}, CRITERIA[1] | {"weight": "101"}, CRITERIA[2] | {"standard": ""}]
    response = as_member(world.school).post(address("scheme_create"), scheme_data(*rows))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"criteria.3.standard"}
    rows[3] = CRITERIA[2]
    response = as_member(world.school).post(address("scheme_create"), scheme_data(*rows))
    assert set(response.context["form"].errors) == {"criteria.2.weight"}
    assert CRITERIA[0]["title"] in response.content.decode()
    assert not EvaluationScheme.objects.exists()


def test_scheme_form_with_a_title_that_is_taken_says_so(world: World, as_member: Any) -> None:
    make_scheme(world)
    response = as_member(world.school).post(address("scheme_create"), scheme_data(*CRITERIA))
    assert response.status_code == 422
    assert "You have a scheme of this title already." in response.content.decode()
    assert EvaluationScheme.objects.count() == 1


def test_scheme_form_ignores_rows_beyond_the_last_and_strange_names(world: World, as_member: Any) -> None:
    data = scheme_data(*CRITERIA) | {"criteria.99.title": "x", "criteria.-1.title": "x", "criteria.0.pk": "x"}
    assert as_member(world.school).post(address("scheme_create"), data).status_code == 302
    assert EvaluationScheme.objects.get().criteria.count() == 3


def test_scheme_edit_shows_the_criteria_and_replaces_them(world: World, as_member: Any) -> None:
    scheme = scheme_create(actor_as(world.school), title="Draft", criteria=CRITERIA)
    browser = as_member(world.school)
    page = browser.get(address("scheme_edit", scheme.pk)).content.decode()
    assert page.count("<legend") == 7
    assert CRITERIA[2]["standard"] in page
    browser.post(address("scheme_edit", scheme.pk), scheme_data(*CRITERIA[:1], title="Draft"))
    assert scheme.criteria.get().weight == 50


def test_publish_is_disabled_with_its_reason_until_the_weights_add_up(world: World, as_member: Any) -> None:
    scheme = scheme_create(actor_as(world.school), title="Draft", criteria=CRITERIA[:2])
    browser = as_member(world.school)
    page = browser.get(address("scheme_detail", scheme.pk)).content.decode()
    assert "The weights add up to 80 %, not to 100 %." in page
    assert browser.post(address("scheme_publish", scheme.pk)).status_code == 409


def test_edit_and_plan_in_the_wrong_state_are_conflicts(world: World, as_member: Any) -> None:
    published = make_scheme(world)
    draft = scheme_create(actor_as(world.school), title="Draft", criteria=[])
    browser = as_member(world.school)
    assert browser.get(address("scheme_edit", published.pk)).status_code == 409
    assert browser.get(address("plan_create", draft.pk)).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [("cadence", "yearly"), ("first_due_on", "soon"), ("first_due_on", "2001-01-01"), ("days_open", "0"), ("base", 0)],
)
def test_plan_with_bad_value_says_so_and_changes_nothing(field: str, value: Any, world: World, as_member: Any) -> None:
    today = timezone.localdate()
    data = {"cadence": "weekly", "first_due_on": today, "ends_on": today, "days_open": 7} | {field: value}
    response = as_member(world.school).post(address("plan_create", make_scheme(world).pk), data)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    assert not EvaluationPlan.objects.exists()


# Sheets


def test_tutor_scores_a_sheet_that_shows_weight_and_standard(world: World, as_member: Any) -> None:
    placement = make_placement(world)
    sheet = make_round(world).evaluations.get(side="enterprise")
    browser = as_member(world.enterprise_tutor)
    assert placement.student.user.name in browser.get(address("evaluation_list")).content.decode()
    page = browser.get(address("evaluation_submit", sheet.pk)).content.decode()
    assert "50 % of the result · Enterprise requirement 4.2" in page
    assert page.count('type="number"') == 3
    done = browser.post(address("evaluation_submit", sheet.pk), sheet_data(sheet, "80", "70.5", "100"), follow=True)
    assert "Nothing to score" in done.content.decode()
    assert [score.points for score in sheet.scores.order_by("criterion")] == [80, Decimal("70.5"), 100]
    assert "Well done" in browser.get(address("evaluation_detail", sheet.pk)).content.decode()
    assert browser.get(address("evaluation_submit", sheet.pk)).status_code == 302


@pytest.mark.parametrize("points", ["", "101", "-1", "1.234", "many"])
def test_sheet_with_bad_points_says_where_and_keeps_the_others(points: str, world: World, as_member: Any) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="academic")
    url = address("evaluation_submit", sheet.pk)
    response = as_member(world.academic_tutor).post(url, sheet_data(sheet, "80", points, "66.5"))
    assert response.status_code == 422
    wrong = sheet.round.plan.scheme.criteria.all()[1].pk
    assert set(response.context["form"].errors) == {f"scores.{wrong}"}
    assert 'value="66.5"' in response.content.decode()
    assert not Score.objects.exists()


def test_sheet_escapes_what_the_scheme_says(world: World, as_member: Any) -> None:
    make_placement(world)
    evil = "<script>alert(1)</script>"
    criteria = [{"title": evil, "standard": evil, "weight": Decimal(100)}]
    actor = actor_as(world.school)
    scheme = scheme_create(actor, title=evil, criteria=criteria)
    scheme.publish()
    scheme.save()
    sheet = make_round(world, scheme=scheme).evaluations.get(side="academic")
    page = as_member(world.academic_tutor).get(address("evaluation_submit", sheet.pk)).content.decode()
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 3


def test_sheet_of_a_closed_round_is_a_conflict_and_counts_as_missed(world: World, as_member: Any) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="academic")
    close_round(sheet.round)
    browser = as_member(world.academic_tutor)
    url = address("evaluation_submit", sheet.pk)
    assert browser.get(url).status_code == 409
    assert browser.post(url, sheet_data(sheet, 1, 2, 3)).status_code == 409
    assert b"missed" in browser.get(address("evaluation_detail", sheet.pk)).content
    rows = browser.get(address("evaluation_list"), {"state": "missed"}).context["page"].rows
    assert rows == [sheet]


def test_sheet_of_somebody_else_is_refused(world: World, as_member: Any) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="academic")
    url = address("evaluation_submit", sheet.pk)
    assert as_member(world.enterprise_tutor).get(url).status_code == 404
    assert as_member(world.school).get(url).status_code == 403


def test_tutor_sees_all_sheets_when_asked(world: World, as_member: Any) -> None:
    fill(world, 1)
    browser = as_member(world.academic_tutor)
    chips = browser.get(address("evaluation_list")).context["chips"]
    assert [chip["active"] for chip in chips] == [False, True, False, False]
    everything = browser.get(chips[0]["url"]).context
    assert len(everything["page"].rows) == 2
    assert [chip["active"] for chip in everything["chips"]] == [True, False, False, False]


# Rounds and results


def test_round_shows_how_far_it_is_and_then_its_mean(world: World, as_member: Any) -> None:
    first, second = make_placement(world), make_placement(world)
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(placement=first, side="academic"), 90, 90, 90)
    browser = as_member(world.school)
    assert "1 of 4" in browser.get(address("round_list")).content.decode()
    page = browser.get(address("round_detail", current.pk)).content.decode()
    assert "1 of 2 sheets" in page
    assert "0 of 2 sheets" in page
    make_submitted_sheet(current.evaluations.get(placement=second, side="academic"), 75, 75, 75)
    close_round(current)
    closed = browser.get(address("round_detail", current.pk))
    assert closed.context["figures"] == {"mean": Decimal("82.5"), "count": 2}
    assert "82.5" in closed.content.decode()


def test_student_reads_the_result_by_criterion_after_the_round(world: World, as_member: Any) -> None:
    (placement,) = fill(world, 1)
    browser = as_member(placement.student)
    assert "73" in browser.get(address("result_list")).content.decode()
    result = placement.results.get()
    page = browser.get(address("result_detail", result.pk)).content.decode()
    assert "Vocational standard 6-29-03-02" in page
    assert page.count("Careful") == 2
    assert as_member(world.student).get(address("result_detail", result.pk)).status_code == 404


@pytest.mark.parametrize("name", ["scheme_list", "round_list"])
def test_pages_of_the_managers_are_refused_to_others(name: str, world: World, as_member: Any) -> None:
    assert as_member(world.academic_tutor).get(address(name)).status_code == 403
    make_plan(world)
    assert b"row-link" not in as_member(world.firm).get(address(name)).content


@pytest.mark.parametrize("name", ["evaluation_list", "result_list"])
def test_pages_of_placements_are_refused_to_an_observer(name: str, world: World, as_member: Any) -> None:
    assert as_member(make_member(world.university, Role.OBSERVER)).get(address(name)).status_code == 403


@pytest.mark.parametrize("name", ["scheme_list", "round_list", "evaluation_list", "result_list"])
def test_empty_lists_teach(name: str, world: World, as_member: Any) -> None:
    assert b'class="empty' in as_member(world.school).get(address(name)).content


@pytest.mark.parametrize("name", ["scheme_detail", "round_detail", "evaluation_detail", "result_detail"])
def test_foreign_rows_are_not_found(name: str, world: World, as_member: Any) -> None:
    fill(world, 1)
    rows = {
        "scheme_detail": EvaluationScheme.objects.first(),
        "round_detail": PlacementResult.objects.get().round,
        "evaluation_detail": Evaluation.objects.first(),
        "result_detail": PlacementResult.objects.get(),
    }
    row = rows[name]
    assert row is not None
    assert as_member(world.school).get(address(name, row.pk)).status_code == 200
    assert as_member(make_world().school).get(address(name, row.pk)).status_code == 404
