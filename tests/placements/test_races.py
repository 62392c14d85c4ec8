"""Two at once: each guard, and the same race with the guard removed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from apps.core.services import fetch
from apps.placements.models import Placement, ProgressLog
from apps.placements.services import logs, placement_break_off, placements, progress_log_record
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import actor_as

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """The results or errors of all, which start together, each on its own connection."""
    barrier, results = Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def break_off_from_both_sides(world: World) -> int:
    """Places taken afterwards; two placements were there, one is broken off by both sides at once."""
    placement = make_placement(world)
    make_placement(world)
    actors = [actor_as(world.school), actor_as(world.firm)]
    at_once(
        *[
            lambda actor=actor: placement_break_off(actor, placement_id=placement.pk, reason="Over")  # type: ignore[misc]
            for actor in actors
        ]
    )
    world.position.refresh_from_db()
    return world.position.taken


def test_break_off_by_both_sides_at_once_frees_one_place(world: World) -> None:
    assert break_off_from_both_sides(world) == 1


def test_break_off_without_the_lock_would_free_two(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_read = Barrier(2)

    def unlocked(rows: Any, **lookup: Any) -> Any:
        row = fetch(rows, **lookup)
        both_have_read.wait(10)
        return row

    monkeypatch.setattr(placements, "fetch_locked", unlocked)
    assert break_off_from_both_sides(world) == 0


def record_at_once(placement: Placement, tutor: Any) -> list[Any]:
    values = {"worked_on": timezone.localdate() - timedelta(days=1), "hours": Decimal(8), "tasks": "a", "rating": 4}
    actor = actor_as(tutor)
    act = lambda: progress_log_record(actor, placement_id=placement.pk, **values)  # noqa: E731  # run four times
    return at_once(act, act, act, act)


def test_record_of_the_same_day_at_once_makes_one_entry_for_all(world: World) -> None:
    results = record_at_once(make_placement(world), world.enterprise_tutor)
    assert ProgressLog.objects.count() == 1
    assert {result.pk for result in results} == {ProgressLog.objects.get().pk}


def test_record_without_the_conflict_clause_would_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = logs._INSERT.replace("ON CONFLICT (placement_id, worked_on) DO NOTHING", "")
    monkeypatch.setattr(logs, "_INSERT", unguarded)
    results = record_at_once(make_placement(world), world.enterprise_tutor)
    assert sum(isinstance(result, IntegrityError) for result in results) == 3
