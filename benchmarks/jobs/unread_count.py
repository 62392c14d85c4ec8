"""h: how many notifications a person has not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from apps.notifications.models import Delivery
from benchmarks import BenchmarkError
from benchmarks.job import Effort, Floor, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import busiest_coordinator, token_of
from benchmarks.sql import Database

GOAL = Goal(cost=3)


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The coordinator of the university that sends the most students asks."""
    with token_of(busiest_coordinator()) as header:
        request = Request("/api/v1/notifications/unread-count/", header)
        yield [Target("unread count", GOAL, [request])]


def floors(database: Database) -> Iterator[Floor]:
    """Of the person with the most deliveries, by the partial index."""
    table = Delivery._meta.db_table
    found = database.rows(f"SELECT user_id FROM {table} GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")  # noqa: S608
    if not found:
        raise BenchmarkError("The database has no notifications; fill it with seed_demo --scale large.")
    sql = f"SELECT count(*) FROM {table} WHERE user_id = {found[0][0]:d} AND read_at IS NULL"  # noqa: S608
    yield Floor("count by the partial index, prepared", "Ur", database.prepared(sql))


JOB = Job(
    key="h",
    title="unread count",
    floor="count by the partial index, prepared",
    goals={"unread count": GOAL},
    prepare=prepare,
    floors=floors,
)
