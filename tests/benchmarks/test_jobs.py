"""Every job says what it is held against, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from pghistory.models import Context, Event

from apps.bases.models import Position
from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.placements.models import Placement, ProgressLog
from benchmarks import BenchmarkError, jobs, report
from benchmarks.crowd import gathered
from benchmarks.job import Job
from benchmarks.jobs import apply, progress_log
from benchmarks.load import Request
from benchmarks.people import tokens_in_bulk, tokens_of
from benchmarks.sql import Database
from tests.factories.chain import make_placement, make_world

FILES = {path.stem for path in Path(jobs.__file__).parent.glob("*.py")} - {"__init__"}


def test_every_file_is_a_job() -> None:
    assert {job.prepare.__module__.rpartition(".")[2] for job in jobs.JOBS.values()} == FILES


@pytest.mark.parametrize("job", jobs.JOBS.values(), ids=lambda job: job.key)
def test_job_has_floor_and_goals(job: Job) -> None:
    assert job.title
    assert job.floors or job.floor.startswith("H itself")
    assert job.goals
    for goal in job.goals.values():
        assert goal.cost > 0
        assert goal.beside is None or goal.beside[0] in job.goals


def test_every_job_is_described() -> None:
    text = report.DOCUMENT.read_text()
    assert [job.key for job in jobs.JOBS.values() if f"| `{job.key}` |" not in text] == []


def rows_by_table() -> dict[str, int]:
    """But for the history, which nothing clears."""
    kept = [model for model in apps.get_models() if not issubclass(model, Event) and model is not Context]
    return {model._meta.db_table: model._default_manager.count() for model in kept}


def database() -> Database:
    return Database(connection.cursor())


@pytest.mark.django_db
def test_crowd_applies_is_placed_and_leaves_nothing(client: Client) -> None:
    make_world()
    OutboxMessage.objects.all().delete()
    before = rows_by_table()

    with gathered(database(), students=3) as crowd:
        headers = tokens_in_bulk(crowd.students)
        (position,) = crowd.positions(1, places=2)
        crowd.positions(1, places=1, taken=1)
        answers = [send(client, apply.request(position, header)) for header in headers]
        assert outbox_relay(limit=1) == 1
        assert answers == [201, 201, 409]
        assert crowd.applications() == 2
        crowd.silence()
        crowd.place_all(crowd.positions(4, places=3))
        assert Placement.objects.count() == 12
        assert rows_by_table() != before

    assert rows_by_table() == before


@pytest.mark.django_db
def test_crowd_with_places_that_nobody_got_is_refused() -> None:
    make_world()
    with gathered(database(), students=1) as crowd:
        (position,) = crowd.positions(1, places=2)
        Position.objects.filter(pk=position).update(taken=1)
        with pytest.raises(BenchmarkError):
            crowd.applications()


@pytest.mark.django_db
def test_free_days_are_logged_over_rest(client: Client) -> None:
    placement = make_placement(make_world())
    ((placement_id, tutor, day),) = progress_log.free_days(database(), 1)
    assert (placement_id, tutor) == (placement.pk, placement.enterprise_tutor_id)

    with tokens_of([tutor]) as (header,):
        assert send(client, progress_log.request(placement_id, day, header)) == 201

    assert day not in [free for _placement, _tutor, free in progress_log.free_days(database(), 9)]
    progress_log.clear(database())
    assert not ProgressLog.objects.exists()
    with pytest.raises(BenchmarkError):
        progress_log.free_days(database(), 1000)


def send(client: Client, request: Request) -> int:
    return client.generic(
        request.method, request.path, request.body, content_type="application/json", headers=dict([request.header])
    ).status_code
