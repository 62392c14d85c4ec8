from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.evaluations.models import Evaluation, Score
from apps.evaluations.services import evaluation_submit
from apps.jobs.models import OutboxMessage
from tests.factories.chain import World, make_placement, make_world
from tests.factories.evaluations import close_round, make_round, make_scheme, make_submitted_sheet
from tests.factories.organizations import actor_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def sheet(world: World) -> Evaluation:
    """The enterprise tutor's, pending."""
    make_placement(world)
    return make_round(world).evaluations.get(side="enterprise")


def unchanged(sheet: Evaluation) -> bool:
    sheet.refresh_from_db()
    return sheet.submitted_at is None and not Score.objects.exists()


def test_submit_with_all_scores_stores_them(sheet: Evaluation) -> None:
    OutboxMessage.objects.all().delete()
    make_submitted_sheet(sheet, 80, "70.5", 100, comment=" Careful worker ")
    sheet.refresh_from_db()
    assert sheet.submitted_at is not None
    assert sheet.comment == "Careful worker"
    assert [score.points for score in sheet.scores.order_by("criterion")] == [80, Decimal("70.5"), 100]
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("points", ["-0.01", "100.01", "33.333", "NaN", "Infinity"])
def test_submit_with_bad_points_says_where_and_changes_nothing(points: str, sheet: Evaluation) -> None:
    bad = sheet.round.plan.scheme.criteria.order_by("pk")[1].pk
    with pytest.raises(ValidationError) as refusal:
        make_submitted_sheet(sheet, 80, points, 100)
    assert set(refusal.value.message_dict) == {f"scores.{bad}"}
    assert unchanged(sheet)


def test_submit_with_missing_and_foreign_criteria_says_which(sheet: Evaluation, world: World) -> None:
    own = list(sheet.round.plan.scheme.criteria.values_list("pk", flat=True))
    foreign = make_scheme(world, title="Other").criteria.values_list("pk", flat=True)[0]
    with pytest.raises(ValidationError) as refusal:
        evaluation_submit(
            actor_as(world.enterprise_tutor), evaluation_id=sheet.pk, scores={own[0]: Decimal(1), foreign: Decimal(1)}
        )
    assert set(refusal.value.message_dict) == {f"scores.{pk}" for pk in (*own[1:], foreign)}
    assert unchanged(sheet)


def test_submit_again_with_the_same_returns_the_sheet(sheet: Evaluation) -> None:
    first = make_submitted_sheet(sheet, 80, 70, 100)
    again = make_submitted_sheet(sheet, 80, "70.00", 100)
    assert first.submitted_at == again.submitted_at
    assert Score.objects.count() == 3


def test_submit_again_with_others_is_refused_and_keeps_the_first(sheet: Evaluation) -> None:
    make_submitted_sheet(sheet, 80, 70, 100)
    with pytest.raises(WrongState):
        make_submitted_sheet(sheet, 80, 70, 99)
    with pytest.raises(WrongState):
        make_submitted_sheet(sheet, 80, 70, 100, comment="On second thoughts")
    assert [score.points for score in sheet.scores.order_by("criterion")] == [80, 70, 100]


def test_submit_to_a_closed_round_is_refused(sheet: Evaluation) -> None:
    close_round(sheet.round)
    with pytest.raises(WrongState):
        make_submitted_sheet(sheet, 80, 70, 100)
    assert unchanged(sheet)


def test_submit_of_the_other_tutors_sheet_is_not_found(sheet: Evaluation, world: World) -> None:
    with pytest.raises(NotFound):
        evaluation_submit(actor_as(world.academic_tutor), evaluation_id=sheet.pk, scores={})


def test_submit_by_a_coordinator_who_sees_the_sheet_is_refused(sheet: Evaluation, world: World) -> None:
    for member in (world.school, world.firm):
        with pytest.raises(NotAllowed):
            evaluation_submit(actor_as(member), evaluation_id=sheet.pk, scores={})
    assert unchanged(sheet)


def test_student_sees_the_sheet_when_the_round_is_closed(sheet: Evaluation) -> None:
    student = actor_as(sheet.placement.student)
    make_submitted_sheet(sheet, 80, 70, 100)
    assert not Evaluation.objects.visible_to(student).exists()
    close_round(sheet.round)
    assert Evaluation.objects.visible_to(student).count() == 2
