"""A list page of 50 rows in the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.urls import reverse

from benchmarks.job import Effort, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import busiest_coordinator, session_of

GOAL = Goal(cost=50)


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The placements of the university that sends the most students, to its coordinator."""
    with session_of(busiest_coordinator()) as header:
        request = Request(reverse("placements:placement_list"), header)
        yield [Target("placement page", GOAL, [request], accept="text/html")]


JOB = Job(
    key="list",
    title="list page of 50 placements",
    floor="H itself",
    goals={"placement page": GOAL},
    prepare=prepare,
)
