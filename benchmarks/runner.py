"""Runs the jobs that were asked for, prints what they cost and, when asked to, records it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import BenchmarkError, report
from benchmarks.compare import Comparison, compare
from benchmarks.job import Effort, Floor, Job
from benchmarks.jobs import JOBS
from benchmarks.load import require_wrk
from benchmarks.sql import connected
from benchmarks.stack import Stack, running_beside


def main() -> int:
    """Exit status 1 when something could not be measured; figures that miss their goal are no error."""
    try:
        return run(parser().parse_args())
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m benchmarks")
    whole.add_argument("jobs", nargs="*", metavar="JOB", help=f"any of {', '.join(JOBS)}; all when none is named")
    whole.add_argument("--seconds", type=int, default=3, choices=range(1, 31), metavar="1…30", help="load of each side")
    whole.add_argument(
        "--rounds", type=int, default=3, choices=range(1, 21), metavar="1…20", help="of hello and endpoint"
    )
    whole.add_argument("--record", action="store_true", help="write the figures of all jobs into docs/benchmarks.md")
    return whole


def run(arguments: argparse.Namespace) -> int:
    effort = Effort(arguments.seconds, arguments.rounds)
    jobs = chosen(arguments.jobs)
    if arguments.record and arguments.jobs:
        raise BenchmarkError("Only a run of all jobs is recorded: name no job with --record.")
    require_wrk()
    with running_beside() as stack:
        head = report.surroundings(effort)
        print(f"{head}\n", flush=True)
        floors = report.floors(*measure_floors(jobs))
        print(f"{floors}\n", flush=True)
        found = [(job.key, measured) for job in jobs if (measured := measure(job, stack, effort))]
    if not found:
        return 1
    head = f"{head}\n- {report.hello(found)}"
    print(f"{head}\n\n{report.costs(found)}")
    if len(found) < len(jobs):
        return 1
    if arguments.record:
        report.record(f"{head}\n\n{report.costs(found)}\n\n{floors}")
    return 0


def chosen(keys: Sequence[str]) -> list[Job]:
    """The jobs of these letters in their order, all of them without letters; `BenchmarkError` for an unknown one."""
    unknown = set(keys) - set(JOBS)
    if unknown:
        raise BenchmarkError(f"There is no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}.")
    return [job for key, job in JOBS.items() if not keys or key in keys]


def measure(job: Job, stack: Stack, effort: Effort) -> list[Comparison]:
    """All targets of a job, on data that is there only meanwhile; empty, after saying why, when one cannot be measured."""
    try:
        with job.prepare(effort) as targets:
            found = [compare(stack, target, effort) for target in targets]
    except BenchmarkError as error:
        print(f"{job.key}: {error}", file=sys.stderr, flush=True)
        return []
    print(f"{report.costs([(job.key, found)])}\n", flush=True)
    return found


def measure_floors(jobs: Sequence[Job]) -> tuple[dict[str, float], list[tuple[str, Floor]]]:
    """The units Ur and Uw, and the SQL of those jobs that have some."""
    with connected() as database:
        units = {"Ur": database.unit_read(), "Uw": database.unit_write()}
        return units, [(job.key, floor) for job in jobs if job.floors for floor in job.floors(database)]
