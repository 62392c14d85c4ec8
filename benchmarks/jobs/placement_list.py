"""c: 50 placements with the names of student, tutors, organizations, base and position, by keyset."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlencode

from apps.placements.models import Placement
from benchmarks.crowd import gathered
from benchmarks.job import Effort, Floor, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import busiest_coordinator, token_of
from benchmarks.sql import Database, connected

PATH = "/api/v1/placements/"
ROWS, DEEP = 50, 1000
STUDENTS = 1000
FIRST, LAST = "page 1", f"page {DEEP:,}"
GOALS = {FIRST: Goal(cost=10, statements=5), LAST: Goal(cost=10, statements=5, beside=(FIRST, 1.2))}


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The coordinator of a university with a thousand pages of placements and one more; the last full one by its cursor."""
    with ExitStack() as stack:
        database = stack.enter_context(connected())
        crowd = stack.enter_context(gathered(database, students=STUDENTS))
        crowd.place_all(crowd.positions(ROWS * DEEP // STUDENTS + 1, places=STUDENTS))
        coordinator = busiest_coordinator()
        rows = Placement.objects.filter(university_id=coordinator.organization_id).order_by("-pk")
        before = rows.values_list("pk", flat=True)[ROWS * (DEEP - 1) - 1]
        cursor = b64encode(urlencode({"p": before}).encode()).decode()
        header = stack.enter_context(token_of(coordinator))
        sizes = [Request(f"{PATH}?page_size={size}", header) for size in (1, ROWS, 200)]
        yield [
            Target(FIRST, GOALS[FIRST], [Request(PATH, header)], also_counted=sizes),
            Target(LAST, GOALS[LAST], [Request(f"{PATH}?{urlencode({'cursor': cursor})}", header)]),
        ]


def floors(database: Database) -> Iterator[Floor]:
    """The same rows without names, and with all names joined."""
    rows = Placement.objects.filter(university_id=busiest_coordinator().organization_id).order_by("-pk")
    plain, joined = database.written(rows.values()[:ROWS]), database.written(rows.with_names()[:ROWS])
    yield Floor("50 placements without names, prepared", "Ur", database.prepared(plain))
    yield Floor("50 placements with names joined, prepared", "Ur", database.prepared(joined))
    yield Floor("50 placements with names joined, planned each time", "Ur", database.median(joined, [()] * 100))


JOB = Job(
    key="c",
    title="50 placements with six names",
    floor="50 placements without names, prepared",
    goals=GOALS,
    prepare=prepare,
    floors=floors,
)
