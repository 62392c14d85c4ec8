"""l: the first screen as one JSON answer, for three roles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from benchmarks.job import Effort, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import busiest_academic_tutor, busiest_coordinator, placed_student, token_of

GOAL = Goal(cost=15, statements=8)
ROLES = {
    "home, coordinator": busiest_coordinator,
    "home, tutor": busiest_academic_tutor,
    "home, student": placed_student,
}


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """The coordinator and the tutor with the most placements, and a student who is in one."""
    with ExitStack() as keys:
        targets = []
        for name, who in ROLES.items():
            request = Request("/api/v1/home/", keys.enter_context(token_of(who())))
            targets.append(Target(name, GOAL, [request]))
        yield targets


JOB = Job(
    key="l",
    title="home as JSON",
    floor="H itself: a dozen short queries have no common statement",
    goals=dict.fromkeys(ROLES, GOAL),
    prepare=prepare,
)
