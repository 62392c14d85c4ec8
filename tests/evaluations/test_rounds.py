from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.evaluations.models import Evaluation, EvaluationPlan, EvaluationRound, PlacementResult
from apps.evaluations.services import plan_create, rounds, rounds_close_due, rounds_open_due, scheme_create
from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.placements.models import Placement
from tests.factories.chain import World, make_base, make_placement, make_world
from tests.factories.evaluations import (
    CRITERIA,
    close_round,
    make_plan,
    make_round,
    make_scheme,
    make_submitted_sheet,
)
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def today() -> date:
    return timezone.localdate()


def notices(kind: str) -> int:
    return OutboxMessage.objects.filter(payload__kind=kind).count()


def told(kind: str) -> set[int]:
    outbox_relay()
    return set(Delivery.objects.filter(notification__kind=kind).values_list("user_id", flat=True))


# Plans


def test_plan_with_values_waits_for_its_first_day(world: World, today: date) -> None:
    plan = make_plan(world, base_id=world.base.pk)
    assert (plan.next_due_on, plan.days_open, plan.base) == (today, 7, world.base)


def test_plan_twice_with_the_same_values_is_one(world: World) -> None:
    scheme = make_scheme(world)
    assert make_plan(world, scheme) == make_plan(world, scheme)
    assert EvaluationPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"cadence": "yearly"}, "cadence"),
        ({"ends_on": date(2001, 1, 1)}, "__all__"),
        ({"first_due_on": date(2001, 1, 1)}, "first_due_on"),
        ({"days_open": 0}, "days_open"),
        ({"days_open": 61}, "days_open"),
        ({"base_id": 0}, "base"),
    ],
)
def test_plan_with_bad_value_is_refused_next_to_it(values: dict[str, Any], key: str, world: World) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_plan(world, **values)
    assert key in refusal.value.message_dict
    assert not EvaluationPlan.objects.exists()


def test_plan_with_base_that_is_not_seen_is_refused(world: World) -> None:
    other = make_world()
    with pytest.raises(ValidationError) as refusal:
        make_plan(world, base_id=other.base.pk)
    assert set(refusal.value.message_dict) == {"base"}


def test_plan_with_draft_of_a_scheme_is_refused(world: World) -> None:
    scheme = scheme_create(actor_as(world.school), title="Draft", criteria=CRITERIA)
    with pytest.raises(WrongState):
        make_plan(world, scheme)


def test_plan_with_foreign_scheme_is_not_found(world: World, today: date) -> None:
    scheme = make_scheme(world)
    with pytest.raises(NotFound):
        plan_create(
            actor_as(make_world().school), scheme_id=scheme.pk, cadence="weekly", first_due_on=today, ends_on=today
        )


# Opening


def test_open_before_the_due_date_opens_nothing(world: World, today: date) -> None:
    make_plan(world, first_due_on=today + timedelta(days=1))
    assert rounds_open_due(SYSTEM) == 0


def test_open_on_the_due_date_makes_a_sheet_for_each_side(world: World, today: date) -> None:
    placement = make_placement(world)
    current = make_round(world, days_open=5)
    assert (current.due_on, current.closes_on, current.state) == (today, today + timedelta(days=5), "open")
    assert set(current.evaluations.values_list("placement", "side", "evaluator")) == {
        (placement.pk, "academic", world.academic_tutor.pk),
        (placement.pk, "enterprise", world.enterprise_tutor.pk),
    }
    assert told("round_opened") == {world.academic_tutor.user_id, world.enterprise_tutor.user_id}


def test_open_tells_a_tutor_of_many_students_once(world: World) -> None:
    for _student in range(3):
        make_placement(world)
    make_round(world)
    told("round_opened")
    assert Delivery.objects.filter(user_id=world.academic_tutor.user_id, notification__kind="round_opened").count() == 1


def test_open_with_three_missed_dates_opens_each_once_with_its_days(world: World, today: date) -> None:
    make_placement(world, starts_on=today - timedelta(days=60))
    plan = make_plan(world, first_due_on=today - timedelta(days=16), days_open=3)
    assert rounds_open_due(SYSTEM) == 3
    rows = list(plan.rounds.order_by("due_on").values_list("due_on", "closes_on"))
    assert [due for due, _closes in rows] == [today - timedelta(days=days) for days in (16, 9, 2)]
    assert {closes for _due, closes in rows} == {today + timedelta(days=3)}
    plan.refresh_from_db()
    assert plan.next_due_on == today + timedelta(days=5)
    assert Evaluation.objects.count() == 6
    assert notices("round_opened") == 3


def test_open_twice_is_as_once(world: World, today: date) -> None:
    make_placement(world)
    make_plan(world, first_due_on=today - timedelta(days=16))
    assert [rounds_open_due(SYSTEM) for _time in range(2)] == [3, 0]
    assert (EvaluationRound.objects.count(), notices("round_opened")) == (3, 3)


def test_open_finds_a_round_that_is_there_already_and_leaves_it(world: World, today: date) -> None:
    make_placement(world)
    plan = make_plan(world)
    EvaluationRound.objects.create(plan=plan, due_on=today, closes_on=today)
    assert rounds_open_due(SYSTEM) == 0
    assert (Evaluation.objects.count(), notices("round_opened")) == (0, 0)


def test_open_at_the_end_of_the_plan_leaves_nothing_due(world: World, today: date) -> None:
    plan = make_plan(world, ends_on=today + timedelta(days=6))
    rounds_open_due(SYSTEM)
    plan.refresh_from_db()
    assert plan.next_due_on is None


def test_open_monthly_keeps_the_31st(world: World) -> None:
    first = date(timezone.localdate().year, 1, 31)
    plan = make_plan(world, cadence="monthly", first_due_on=first, ends_on=first + timedelta(days=100))
    rounds_open_due(SYSTEM, today=first + timedelta(days=100))
    due = list(plan.rounds.order_by("due_on").values_list("due_on", flat=True))
    assert [(day.month, day.day) for day in due] == [(1, 31), (2, 29 if first.year % 4 == 0 else 28), (3, 31), (4, 30)]


@pytest.mark.parametrize(
    "values",
    [
        {"state": Placement.State.PREPARING, "enterprise_tutor": None},
        {"state": Placement.State.COMPLETED},
        {"state": Placement.State.BROKEN_OFF, "reason": "Moved away"},
        {"starts_on": timezone.localdate() + timedelta(days=1)},
        {"ends_on": timezone.localdate() - timedelta(days=1)},
    ],
)
def test_open_makes_no_sheet_for_a_placement_that_does_not_run_on_the_due_date(
    values: dict[str, Any], world: World
) -> None:
    make_placement(world, **values)
    assert not make_round(world).evaluations.exists()


def test_open_makes_no_sheet_for_another_university_or_another_base(world: World) -> None:
    make_placement(make_world())
    make_placement(world, base=make_base(world.agreement, world.enterprise))
    mine = make_placement(world)
    current = make_round(world, base_id=world.base.pk)
    assert set(current.evaluations.values_list("placement", flat=True)) == {mine.pk}


def test_open_by_a_person_is_refused(world: World) -> None:
    for act in (rounds_open_due, rounds_close_due):
        with pytest.raises(NotAllowed):
            act(actor_as(world.school))


def test_open_with_one_plan_that_fails_opens_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = make_plan(world), make_plan(world, cadence="monthly", scheme=make_scheme(world, title="Other"))
    create_sheets = rounds._create_sheets

    def fail_for_broken(plan: EvaluationPlan, current: EvaluationRound) -> None:
        if plan == broken:
            raise RuntimeError("no")
        create_sheets(plan, current)

    monkeypatch.setattr(rounds, "_create_sheets", fail_for_broken)
    with pytest.raises(ExceptionGroup):
        rounds_open_due(SYSTEM)
    assert EvaluationRound.objects.get().plan == sound
    broken.refresh_from_db()
    assert broken.next_due_on == broken.first_due_on


# Closing


def test_close_on_the_last_day_waits(world: World) -> None:
    current = make_round(world)
    assert rounds_close_due(SYSTEM, today=current.closes_on) == 0


def test_close_weighs_the_mean_of_both_sides(world: World) -> None:
    """By hand, weights 50, 30, 20: two sheets, one sheet, none.

    both: 50 % of (80 + 91) / 2 = 42.75, 30 % of (70.55 + 60) / 2 = 19.5825, 20 % of (100 + 0) / 2 = 10: 72.3325 -> 72.33
    one:  50 % of 77.77 = 38.885, 30 % of 66.7 = 20.01, 20 % of 50.05 = 10.01: 68.905 -> 68.91, half up
    """
    both, one, none = (make_placement(world) for _student in range(3))
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(placement=both, side="academic"), 80, "70.55", 100)
    make_submitted_sheet(current.evaluations.get(placement=both, side="enterprise"), 91, 60, 0)
    make_submitted_sheet(current.evaluations.get(placement=one, side="enterprise"), "77.77", "66.7", "50.05")
    current = close_round(current)
    assert current.state == EvaluationRound.State.CLOSED
    assert set(PlacementResult.objects.values_list("placement", "score", "sheets")) == {
        (both.pk, Decimal("72.33"), 2),
        (one.pk, Decimal("68.91"), 1),
    }
    assert not PlacementResult.objects.filter(placement=none).exists()


@pytest.mark.parametrize(("points", "result"), [("0", "0.00"), ("100", "100.00")])
def test_close_reaches_both_ends_of_the_scale(points: str, result: str, world: World) -> None:
    placement = make_placement(world)
    current = make_round(world)
    for sheet in current.evaluations.all():
        make_submitted_sheet(sheet, points, points, points)
    close_round(current)
    assert placement.results.get().score == Decimal(result)


def test_close_tells_the_managers_and_the_students_with_a_result(world: World) -> None:
    scored, _unscored = make_placement(world), make_placement(world)
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(placement=scored, side="academic"), 1, 2, 3)
    close_round(current)
    assert told("round_closed") == {world.school.user_id}
    assert told("result_published") == {scored.student.user_id}


def test_close_twice_is_as_once(world: World) -> None:
    make_placement(world)
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(side="academic"), 1, 2, 3)
    first = close_round(current)
    again = close_round(current)
    assert first.closed_at == again.closed_at
    assert (PlacementResult.objects.count(), notices("round_closed"), notices("result_published")) == (1, 1, 1)


def test_close_of_one_round_leaves_the_others_open(world: World) -> None:
    current = make_round(world)
    later = make_plan(world, make_scheme(world, title="Other"), days_open=30)
    rounds_open_due(SYSTEM)
    close_round(current)
    assert later.rounds.get().state == EvaluationRound.State.OPEN


def test_rounds_and_results_are_not_seen_from_outside(world: World) -> None:
    placement = make_placement(world)
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(side="academic"), 1, 2, 3)
    close_round(current)
    for stranger in (make_member(make_enterprise()), make_world().school, make_world().academic_tutor):
        actor = actor_as(stranger)
        for model in (EvaluationRound, Evaluation, PlacementResult):
            assert not model.objects.visible_to(actor).exists()
    assert PlacementResult.objects.visible_to(actor_as(placement.student)).count() == 1


def test_close_with_every_sheet_in_does_not_wait_for_the_last_day(world: World) -> None:
    make_placement(world)
    current = make_round(world)
    first, last = current.evaluations.all()
    make_submitted_sheet(first, 80, 80, 80)
    assert rounds_close_due(SYSTEM) == 0
    make_submitted_sheet(last, 90, 90, 90)
    assert rounds_close_due(SYSTEM) == 1
    assert PlacementResult.objects.get().score == Decimal("85.00")
