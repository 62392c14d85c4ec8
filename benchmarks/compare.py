"""Hello and an endpoint in turn, and what the endpoint then costs in H."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import BenchmarkError
from benchmarks.job import Effort, Goal, Target
from benchmarks.load import Load, Request, send
from benchmarks.stack import Stack

CPU_ALLOWANCE = 1.2
# Requests that are sent by hand before the load: one to the server, two in this process.
BY_HAND = 3
TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass(frozen=True, slots=True)
class Side:
    """Some seconds of load on one of the two, and the CPU time that its processes used meanwhile."""

    load: Load
    cpu: float

    @property
    def rate(self) -> float:
        return self.load.requests / self.load.seconds

    @property
    def cpu_each(self) -> float:
        return self.cpu / self.load.requests


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rounds of one target. Ratios are of medians; `spread` is the lowest and highest ratio of single rounds."""

    name: str
    goal: Goal
    hello: Sequence[Side]
    endpoint: Sequence[Side]
    statements: int
    statements_cold: int

    @property
    def cost(self) -> float:
        return median(side.rate for side in self.hello) / median(side.rate for side in self.endpoint)

    @property
    def spread(self) -> tuple[float, float]:
        ratios = [hello.rate / side.rate for hello, side in zip(self.hello, self.endpoint, strict=True)]
        return min(ratios), max(ratios)

    @property
    def cpu_cost(self) -> float:
        return median(side.cpu_each for side in self.endpoint) / median(side.cpu_each for side in self.hello)

    @property
    def p95_ratio(self) -> float:
        return self.p(95) / median(side.load.p95 for side in self.hello)

    def p(self, percentile: int) -> float:
        """Seconds, the median over the rounds."""
        return median(side.load.p50 if percentile == 50 else side.load.p95 for side in self.endpoint)

    def misses(self, others: dict[str, Comparison]) -> list[str]:
        """What of the goal is not met, in words; empty when all is. `others`: the targets of the same job by name."""
        goal, found = self.goal, []
        if self.cost > goal.cost:
            found.append("cost")
        if self.cpu_cost > CPU_ALLOWANCE * goal.cost:
            found.append("CPU")
        if self.p95_ratio > goal.cost:
            found.append("p95")
        if goal.statements is not None and self.statements > goal.statements:
            found.append("statements")
        if goal.beside:
            other, times = goal.beside
            if self.cost > times * others[other].cost:
                found.append(f"{self.cost / others[other].cost:.2f} × {other}")
        return found


def compare(stack: Stack, target: Target, effort: Effort) -> Comparison:
    """Warm both up, then alternate; `BenchmarkError` when an answer is not the one that the target promises."""
    _probe(stack, target)
    cold, warm = _statements(target)
    pairs = [_round(stack, target, requests, effort) for requests in _slices(target, effort)]
    hello, endpoint = zip(*pairs[1:], strict=True)
    return Comparison(target.name, target.goal, hello, endpoint, warm, cold)


def _round(stack: Stack, target: Target, requests: Sequence[Request], effort: Effort) -> tuple[Side, Side]:
    stack.settle()
    hello = _side(stack.hello_url, [Request("/")], target, effort, stack.hello_cpu)
    stack.settle()
    before = target.written() if target.written else 0
    endpoint = _side(stack.url, requests, target, effort, stack.portal_cpu)
    if target.tidy:
        target.tidy()
    written = None
    if target.written:
        stack.settle()
        written = target.written() - before
    verify(target, endpoint.load, written)
    return hello, endpoint


def _side(url: str, requests: Sequence[Request], target: Target, effort: Effort, cpu: Callable[[], float]) -> Side:
    before = cpu()
    load = send(url, requests, connections=target.connections, seconds=effort.seconds, accept=target.accept)
    return Side(load, cpu() - before)


def _slices(target: Target, effort: Effort) -> list[Sequence[Request]]:
    """The requests of each side: all of them, or as many parts when each may be sent only once."""
    if not target.once:
        return [target.requests] * effort.sides
    rest = target.requests[BY_HAND:]
    return [rest[number :: effort.sides] for number in range(effort.sides)]


def verify(target: Target, load: Load, written: int | None) -> None:
    """Raise `BenchmarkError` unless the answers are what the target promises and the database agrees.

    The last request of each connection may have been carried out after its answer was waited for.
    """
    if not load.requests:
        raise BenchmarkError(f"{target.name}: no request was answered.")
    if target.once and load.turns:
        raise BenchmarkError(f"{target.name}: the {len(target.requests)} prepared requests were not enough.")
    if load.refused != (load.requests if target.refused else 0):
        raise BenchmarkError(f"{target.name}: {load.refused} of {load.requests} requests were refused.")
    fewest = 0 if target.refused else load.requests
    most = 0 if target.refused else load.requests + target.connections
    if written is not None and not fewest <= written <= most:
        raise BenchmarkError(f"{target.name}: {load.requests} answers, but {written} rows were written.")


def _probe(stack: Stack, target: Target) -> None:
    """One request by hand, so that a redirect or an error page is not taken for a fast answer."""
    request = target.requests[0]
    headers = {"Accept": target.accept, "Content-Type": "application/json", request.header[0]: request.header[1]}
    browser = HTTPConnection(urlsplit(stack.url).netloc, timeout=30)
    try:
        browser.request(request.method, request.path, request.body.encode(), headers)
        answer = browser.getresponse()
        _require(target, request, answer.status, answer.read())
    finally:
        browser.close()


def _require(target: Target, request: Request, status: int, body: bytes) -> None:
    if (status >= 300) != target.refused or status in {401, 403, 404, 500} or not body:
        raise BenchmarkError(f"{target.name}: {request.method} {request.path} answers {status}: {body[:300]!r}")


def _statements(target: Target) -> tuple[int, int]:
    """Statements of the endpoint in this process, on the same database: the first time, and once names are remembered."""
    if target.once:
        pairs = [(target.requests[1], target.requests[2])]
    else:
        pairs = [(request, request) for request in (target.requests[0], *target.also_counted)]
    counts = [[count_statements(target, request) for request in pair] for pair in pairs]
    return max(cold for cold, _warm in counts), max(warm for _cold, warm in counts)


def count_statements(target: Target, request: Request) -> int:
    """How many statements one request takes; BEGIN, COMMIT and ROLLBACK are not counted."""
    headers = {request.header[0]: request.header[1], "Accept": target.accept, "Host": "127.0.0.1"}
    with CaptureQueriesContext(connection) as captured:
        answer = Client(headers=headers).generic(
            request.method, request.path, request.body, content_type="application/json"
        )
    _require(target, request, answer.status_code, answer.content)
    return sum(not query["sql"].upper().startswith(TRANSACTION) for query in captured)
