"""Rounds when two workers, or a worker and a tutor, meet; each guard has a control that shows what happens without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.evaluations.models import Evaluation, EvaluationPlan, EvaluationRound, PlacementResult
from apps.evaluations.services import evaluations, rounds, rounds_close_due, rounds_open_due
from apps.jobs.models import OutboxMessage
from tests.factories.chain import make_placement, make_world
from tests.factories.evaluations import close_round, make_plan, make_round, make_submitted_sheet
from tests.factories.organizations import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 2
ONCE = next(one for one in EvaluationRound._meta.constraints if one.name == "evaluation_round_once_a_due_date")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or raised, all begun at the same moment, each on a connection of its own."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(20)
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def without_key() -> Iterator[Callable[[], None]]:
    """Takes the unique key off the rounds; it is put back, after the doubles that it would have refused are gone."""
    with ExitStack() as stack:

        def drop() -> None:
            stack.callback(put_back)
            with connection.schema_editor() as editor:
                editor.remove_constraint(EvaluationRound, ONCE)

        def put_back() -> None:
            Evaluation.objects.all().delete()
            EvaluationRound.objects.all().delete()
            with connection.schema_editor() as editor:
                editor.add_constraint(EvaluationRound, ONCE)

        yield drop


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both workers read the plan, unlocked, before either of them goes on."""
    both_have_read = threading.Barrier(WORKERS)

    def read(plan_id: int, today: date) -> EvaluationPlan | None:
        plan = EvaluationPlan.objects.select_related("scheme").get(pk=plan_id)
        both_have_read.wait(20)
        return plan

    monkeypatch.setattr(rounds, "_take_due_plan", read)


def in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker goes on to the sheets of a round before the other one has made its own."""
    both_have_opened = threading.Barrier(WORKERS)
    create_sheets = rounds._create_sheets

    def wait_and_create(plan: EvaluationPlan, current: EvaluationRound) -> None:
        both_have_opened.wait(20)
        create_sheets(plan, current)

    monkeypatch.setattr(rounds, "_create_sheets", wait_and_create)


@pytest.mark.parametrize(
    ("lock", "key", "times"), [(True, True, 1), (True, False, 1), (False, True, 1), (False, False, 2)]
)
def test_two_workers_open_each_round_once_while_lock_or_key_stands(
    lock: bool, key: bool, times: int, without_key: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    make_placement(world, starts_on=timezone.localdate() - timedelta(days=60))
    make_plan(world, first_due_on=timezone.localdate() - timedelta(days=16))
    if not lock:
        without_lock(monkeypatch)
    if not key:
        without_key()
    if not lock and not key:
        in_step(monkeypatch)
    results = at_once(*[lambda: rounds_open_due(SYSTEM)] * WORKERS)
    assert sum(results) == 3 * times
    assert EvaluationRound.objects.count() == 3 * times
    assert Evaluation.objects.count() == 2 * 3 * times
    assert OutboxMessage.objects.filter(payload__kind="round_opened").count() == 3 * times


def test_two_workers_close_a_round_once() -> None:
    make_placement(world := make_world())
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(side="academic"), 80, 70, 60)
    after = current.closes_on + timedelta(days=1)
    results = at_once(*[lambda: rounds_close_due(SYSTEM, today=after)] * WORKERS)
    assert sum(results) == 1
    assert PlacementResult.objects.count() == 1
    assert OutboxMessage.objects.filter(payload__kind="round_closed").count() == 1


@pytest.mark.parametrize("held", [True, False])
def test_sheet_that_is_accepted_while_the_round_closes_counts(held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the hold on the round, it closes under the tutor's hands and the accepted sheet is in no result."""
    make_placement(world := make_world())
    current = make_round(world)
    sheet = current.evaluations.get(side="academic")
    if not held:
        monkeypatch.setattr(evaluations, "_hold_open", lambda round_id: True)
    with transaction.atomic():
        make_submitted_sheet(sheet, 80, 70, 60)
        after = current.closes_on + timedelta(days=1)
        (closed_meanwhile,) = at_once(lambda: rounds_close_due(SYSTEM, today=after))
    assert closed_meanwhile == (0 if held else 1)
    close_round(current)
    assert PlacementResult.objects.count() == (1 if held else 0)


def test_one_sheet_submitted_twice_at_once_is_stored_once() -> None:
    make_placement(world := make_world())
    sheet = make_round(world).evaluations.get(side="academic")
    results = at_once(*[lambda: make_submitted_sheet(sheet, 80, 70, 60)] * 2)
    assert results == [sheet, sheet]
    assert sheet.scores.count() == 3
