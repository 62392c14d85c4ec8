"""b: students apply, first come, first served: over many positions, all for one, and when it is full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from benchmarks import BenchmarkError
from benchmarks.crowd import MARK, gathered
from benchmarks.job import Effort, Floor, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import as_json, tokens_in_bulk
from benchmarks.sql import TIMES, Database, connected

SPREAD, STORM, FULL = "apply, 1,000 positions", "apply, one position", "apply, full"
GOALS = {SPREAD: Goal(cost=7), STORM: Goal(cost=9, beside=(SPREAD, 1.5)), FULL: Goal(cost=4)}
CONNECTIONS = 64
POSITIONS = 1000
# More a second than any server of this size has managed.
RATE = 1000
CLAIM = """
    WITH place AS (
        UPDATE bases_position SET taken = taken + 1 WHERE id = %s AND taken < places RETURNING id, intake_id
    )
    INSERT INTO applications_application
        (position_id, intake_id, host_id, university_id, student_id, statement, state, submitted_at, decided_at, reason)
    SELECT place.id, place.intake_id, base.host_id, %s, %s, %s, 'accepted', now(), now(), ''
    FROM place JOIN bases_intake intake ON intake.id = place.intake_id JOIN bases_base base ON base.id = intake.base_id
"""


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """Thousands of students of one university apply at 64 connections, each time another student."""
    count = effort.requests(RATE)
    with connected() as database, gathered(database, students=count) as crowd:
        headers = tokens_in_bulk(crowd.students)
        positions = crowd.positions(POSITIONS, places=count)
        (storm,), (full,) = crowd.positions(1, places=count), crowd.positions(1, places=1, taken=1)
        pairs = spread_over(count, POSITIONS, count)
        crowd.analyze()
        target = partial(Target, connections=CONNECTIONS, written=crowd.applications, tidy=crowd.silence)
        yield [
            target(SPREAD, GOALS[SPREAD], [request(positions[to], headers[who]) for who, to in pairs], once=True),
            target(STORM, GOALS[STORM], [request(storm, header) for header in headers], once=True),
            target(FULL, GOALS[FULL], [request(full, header) for header in headers], refused=True),
        ]


def spread_over(students: int, positions: int, count: int) -> list[tuple[int, int]]:
    """So many different pairs (student, position) by their numbers; the next ones share neither."""
    if count > students * positions:
        raise BenchmarkError(f"{students} students and {positions} positions make fewer than {count} applications.")
    return [(number % students, (number + number // students) % positions) for number in range(count)]


def request(position: int, header: tuple[str, str]) -> Request:
    return Request("/api/v1/applications/", header, "POST", as_json(position=position, statement=MARK))


def floors(database: Database) -> Iterator[Floor]:
    """Take a place and write the application in one statement, its history by trigger, committed."""
    with gathered(database, students=TIMES) as crowd:
        positions = crowd.positions(TIMES, places=1)
        rows = [(to, crowd.university, who, MARK) for who, to in zip(crowd.students, positions, strict=True)]
        yield Floor("take a place and write the application", "Uw", database.median(CLAIM, rows))


JOB = Job(
    key="b",
    title="apply for a place",
    floor="take a place and write the application in one statement, committed",
    goals=GOALS,
    prepare=prepare,
    floors=floors,
)
