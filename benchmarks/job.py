"""What a job file says: what is measured, its floor, its goal, and the requests on prepared data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from benchmarks.load import Request
from benchmarks.sql import Database


@dataclass(frozen=True, slots=True)
class Goal:
    """At most so many H a request (throughput and p95; CPU a fifth more), and so many statements.

    `beside`: another target of the job and how many times its cost this one may have.
    """

    cost: float
    statements: int | None = None
    beside: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured: `rounds` of `seconds` a side."""

    seconds: int
    rounds: int

    @property
    def sides(self) -> int:
        """How often an endpoint gets load: once to warm up, then each round."""
        return self.rounds + 1

    def requests(self, rate: int) -> int:
        """Requests for all sides of a run, when they come at most at this rate."""
        return rate * self.seconds * self.sides


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint under load.

    `requests` are sent in turn; with `once` each is sent a single time. `refused`: every answer is a refusal.
    `also_counted`: further requests whose statements are counted; the one that takes most is held against the goal.
    `written` counts the rows that answers leave: one each, none for a refusal. `tidy` clears away, after each side, what
    would disturb the next one.
    """

    name: str
    goal: Goal
    requests: Sequence[Request]
    also_counted: Sequence[Request] = ()
    connections: int = 16
    once: bool = False
    refused: bool = False
    accept: str = "application/json"
    written: Callable[[], int] | None = None
    tidy: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """What the work costs in SQL alone: the median of one statement, as a ratio to the unit."""

    name: str
    unit: Literal["Ur", "Uw"]
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """`floor` says in words what the endpoint is held against; `floors` times that where it is SQL.

    `prepare` makes the data, yields the targets, and takes away again what it and the load have made.
    """

    key: str
    title: str
    floor: str
    goals: dict[str, Goal]
    prepare: Callable[[Effort], AbstractContextManager[Sequence[Target]]]
    floors: Callable[[Database], Iterable[Floor]] | None = None
