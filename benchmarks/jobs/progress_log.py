"""a: an enterprise tutor records one day of a student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from django.utils import timezone

from apps.placements.models import ProgressLog
from benchmarks import BenchmarkError
from benchmarks.job import Effort, Floor, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import as_json, tokens_of
from benchmarks.sql import TIMES, Database, connected

GOAL = Goal(cost=7, statements=5)
# More a second than any server of this size has managed.
RATE = 1500
TUTORS = 400
MARK = "benchmark: assembled and measured"
# Days of active placements that nobody has logged, of the tutors with most placements, in a mixed order.
FREE_DAYS = """
    WITH busy AS (
        SELECT enterprise_tutor_id FROM placements_placement
        JOIN organizations_membership member ON member.id = enterprise_tutor_id AND member.ended_at IS NULL
        WHERE state = 'active' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %s
    )
    SELECT placement.id, placement.enterprise_tutor_id, day::date
    FROM placements_placement placement JOIN busy USING (enterprise_tutor_id)
    CROSS JOIN generate_series(starts_on, least(ends_on, %s::date), interval '1 day') AS day
    WHERE state = 'active' AND NOT EXISTS (
        SELECT FROM placements_progresslog log WHERE log.placement_id = placement.id AND log.worked_on = day::date
    )
    ORDER BY hashint8(placement.id * 1000 + (day::date - starts_on)) LIMIT %s
"""
INSERT = """
    INSERT INTO placements_progresslog
        (placement_id, tutor_id, worked_on, hours, tasks, rating, note, version, created_at)
    VALUES (%s, %s, %s, 8, %s, 4, '', 1, now())
"""


def free_days(database: Database, count: int) -> list[tuple[int, int, date]]:
    """So many times placement, enterprise tutor and a day that is not logged."""
    found = database.rows(FREE_DAYS, TUTORS, timezone.localdate(), count)
    if len(found) < count:
        raise BenchmarkError(
            f"The active placements have {len(found):,} days without a log, {count:,} are needed; use fewer seconds or rounds."
        )
    return found


def clear(database: Database) -> None:
    database.run("DELETE FROM placements_progresslog WHERE tasks = %s", MARK)


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The tutors with most placements log days that are free; each entry is another one."""
    with connected() as database:
        clear(database)
        days = free_days(database, effort.requests(RATE))
        tutors = sorted({tutor for _placement, tutor, _day in days})
        try:
            with tokens_of(tutors) as headers:
                header_of = dict(zip(tutors, headers, strict=True))
                requests = [request(placement, day, header_of[tutor]) for placement, tutor, day in days]
                yield [Target("add a progress log", GOAL, requests, once=True, written=ProgressLog.objects.count)]
        finally:
            clear(database)


def request(placement: int, day: date, header: tuple[str, str]) -> Request:
    body = as_json(placement=placement, worked_on=day.isoformat(), hours="7.5", tasks=MARK, rating=4)
    return Request("/api/v1/progress-logs/", header, "POST", body)


def floors(database: Database) -> Iterator[Floor]:
    """The one insert, its foreign keys and constraints checked, committed."""
    rows = [(*found, MARK) for found in free_days(database, TIMES)]
    try:
        yield Floor("insert a progress log", "Uw", database.median(INSERT, rows))
    finally:
        clear(database)


JOB = Job(
    key="a",
    title="add a progress log",
    floor="insert a progress log, committed, foreign keys checked",
    goals={"add a progress log": GOAL},
    prepare=prepare,
    floors=floors,
)
