"""The figures as a table: on the terminal, and in docs/benchmarks.md between two marks."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import django
from django.apps import apps
from django.db import connection
from django.utils import timezone

from benchmarks import BenchmarkError
from benchmarks.compare import Comparison
from benchmarks.job import Effort, Floor
from benchmarks.stack import machine

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEAD = ("endpoint", "req/s", "cost in H", "of rounds", "CPU in H", "p50 ms", "p95 ms", "p95 ratio", "statements")
COUNTED = (
    "organizations.Organization",
    "accounts.User",
    "agreements.Agreement",
    "bases.Position",
    "applications.Application",
    "placements.Placement",
    "placements.ProgressLog",
    "evaluations.Evaluation",
    "notifications.Delivery",
)


def costs(jobs: Sequence[tuple[str, Sequence[Comparison]]]) -> str:
    """One line an endpoint, with its goal and whether it is met."""
    lines = []
    for key, comparisons in jobs:
        others = {comparison.name: comparison for comparison in comparisons}
        lines += [[key, *_line(comparison, others)] for comparison in comparisons]
    return table(["job", *HEAD, "goal", "met"], lines)


def _line(found: Comparison, others: dict[str, Comparison]) -> list[str]:
    low, high = found.spread
    misses = found.misses(others)
    return [
        found.name,
        f"{_rate(found):.0f}",
        f"{found.cost:.1f}",
        f"{low:.1f} - {high:.1f}",
        f"{found.cpu_cost:.1f}",
        f"{found.p(50) * 1000:.0f}",
        f"{found.p(95) * 1000:.0f}",
        f"{found.p95_ratio:.1f}",
        _statements(found),
        _goal(found),
        "no: " + ", ".join(misses) if misses else "yes",
    ]


def _rate(found: Comparison) -> float:
    rates = sorted(side.rate for side in found.endpoint)
    return rates[len(rates) // 2]


def _statements(found: Comparison) -> str:
    return str(found.statements) + (f" ({found.statements_cold} cold)" * (found.statements != found.statements_cold))


def _goal(found: Comparison) -> str:
    goal = found.goal
    parts = [f"≤ {goal.cost:g} H"]
    if goal.beside:
        parts.append(f"≤ {goal.beside[1]:g} × {goal.beside[0]}")
    if goal.statements is not None:
        parts.append(f"≤ {goal.statements} statements")
    return ", ".join(parts)


def floors(units: dict[str, float], found: Sequence[tuple[str, Floor]]) -> str:
    """The SQL alone, as a ratio to its unit."""
    lines = [["", unit, f"{seconds * 1e6:.0f}", "1"] for unit, seconds in units.items()]
    for key, floor in found:
        ratio = floor.seconds / units[floor.unit]
        lines.append([key, floor.name, f"{floor.seconds * 1e6:.0f}", f"{ratio:.1f} {floor.unit}"])
    return table(["job", "statement", "µs", "floor"], lines)


def hello(jobs: Sequence[tuple[str, Sequence[Comparison]]]) -> str:
    """What the unit itself was in this run."""
    sides = [side for _key, comparisons in jobs for comparison in comparisons for side in comparison.hello]
    rates = sorted(side.rate for side in sides)
    cpu = sorted(side.cpu_each for side in sides)[len(sides) // 2]
    p95 = sorted(side.load.p95 for side in sides)[len(sides) // 2]
    return (
        f"H: {rates[0]:.0f} - {rates[-1]:.0f} req/s, median {rates[len(rates) // 2]:.0f}; "
        f"{cpu * 1000:.2f} ms CPU; p95 {p95 * 1000:.0f} ms"
    )


def surroundings(effort: Effort) -> str:
    """Date, commit, machine, versions, data and effort."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('shared_buffers'), current_setting('fsync'),"
            " current_setting('synchronous_commit'), pg_size_pretty(pg_database_size(current_database()))"
        )
        version, buffers, fsync, commit, size = cursor.fetchone()
    models = [apps.get_model(name) for name in COUNTED]
    counts = [f"{model._default_manager.count():,} {model._meta.verbose_name_plural}" for model in models]
    return "\n".join(
        [
            f"- {timezone.localdate().isoformat()}, commit {_commit()}; {effort.rounds} rounds of {effort.seconds} s a side;"
            f" load of the machine before: {os.getloadavg()[0]:.1f}",
            f"- {machine()}; Django {django.__version__}, Postgres {version} (shared_buffers {buffers}, fsync {fsync},"
            f" synchronous_commit {commit})",
            f"- data ({size}): {', '.join(counts)}",
        ]
    )


def _commit() -> str:
    def git(*arguments: str) -> str:
        try:
            return subprocess.run(
                ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return ""

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "apps", "collab_portal", "templates", "deploy")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (head, rule, *lines)
    )


def record(figures: str, document: Path = DOCUMENT) -> None:
    """Put the figures between the two marks of the document; nothing else of it changes."""
    text = document.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise BenchmarkError(f"{document} lacks its two marks, {BEGIN} and {END}.")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    document.write_text(pattern.sub(lambda _match: f"{BEGIN}\n\n{figures}\n\n{END}", text))
