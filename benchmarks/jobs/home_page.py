"""The home page in the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from apps.organizations.models import Role
from benchmarks.job import Effort, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import session_of, waited_for

GOAL = Goal(cost=30)


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The coordinator of a university for whom most waits is signed in."""
    with session_of(waited_for(Role.COORDINATOR)) as header:
        request = Request("/", header)
        yield [Target("home page", GOAL, [request], accept="text/html")]


JOB = Job(
    key="home",
    title="home page",
    floor="H itself",
    goals={"home page": GOAL},
    prepare=prepare,
)
