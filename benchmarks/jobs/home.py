"""l: the first screen as one JSON answer, for three roles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from apps.organizations.models import Role
from benchmarks.job import Effort, Goal, Job, Target
from benchmarks.load import Request
from benchmarks.people import token_of, waited_for

GOAL = Goal(cost=15, statements=8)
ROLES = {"home, coordinator": Role.COORDINATOR, "home, tutor": Role.TUTOR, "home, student": Role.STUDENT}


@contextmanager
def prepare(effort: Effort) -> Iterator[Sequence[Target]]:
    """Those for whom most waits, at a university."""
    with ExitStack() as keys:
        targets = []
        for name, role in ROLES.items():
            request = Request("/api/v1/home/", keys.enter_context(token_of(waited_for(role))))
            targets.append(Target(name, GOAL, [request]))
        yield targets


JOB = Job(
    key="l",
    title="home as JSON",
    floor="H itself: a dozen short queries have no common statement",
    goals=dict.fromkeys(ROLES, GOAL),
    prepare=prepare,
)
