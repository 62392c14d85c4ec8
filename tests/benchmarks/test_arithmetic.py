"""What the benchmarks make of what they measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import BenchmarkError, report
from benchmarks.compare import Comparison, Side, verify
from benchmarks.job import Effort, Goal, Target
from benchmarks.jobs.apply import spread_over
from benchmarks.load import Load, Request, require_wrk


def side(rate: float, *, cpu: float = 0.001, p95: float = 0.01) -> Side:
    load = Load(requests=int(rate * 2), seconds=2, p50=p95 / 2, p95=p95, refused=0, turns=0)
    return Side(load, cpu * load.requests)


def comparison(goal: Goal, *, hello: list[Side], endpoint: list[Side], statements: int = 5) -> Comparison:
    return Comparison("x", goal, hello, endpoint, statements, statements)


def test_cost_is_hello_over_endpoint_by_medians() -> None:
    found = comparison(
        Goal(7),
        hello=[side(3000), side(9000), side(2800)],
        endpoint=[side(600, cpu=0.004), side(500, cpu=0.005), side(100, cpu=0.009)],
    )

    assert found.cost == pytest.approx(6)
    assert found.spread == pytest.approx((5, 28))
    assert found.cpu_cost == pytest.approx(5)
    assert found.misses({}) == []


@pytest.mark.parametrize(
    ("endpoint", "statements", "missed"),
    [
        (side(299, cpu=0.002), 5, ["cost"]),
        (side(500, cpu=0.0121), 5, ["CPU"]),
        (side(500, cpu=0.0119), 5, []),
        (side(500, p95=0.11), 5, ["p95"]),
        (side(500), 6, ["statements"]),
    ],
)
def test_goal_is_missed_by_each_of_its_parts(endpoint: Side, statements: int, missed: list[str]) -> None:
    found = comparison(Goal(10, statements=5), hello=[side(3000)], endpoint=[endpoint], statements=statements)

    if missed == ["cost"]:
        assert found.misses({})[0] == "cost"
    else:
        assert found.misses({}) == missed


def test_goal_beside_another_target_is_a_ratio_of_costs() -> None:
    first = comparison(Goal(10), hello=[side(3000)], endpoint=[side(600)])
    deep = comparison(Goal(10, beside=("first", 1.2)), hello=[side(3000)], endpoint=[side(400)])

    assert deep.misses({"first": first}) == ["1.50 × first"]
    assert deep.misses({"first": deep}) == []


def answers(requests: int, *, refused: int = 0, turns: int = 0) -> Load:
    return Load(requests=requests, seconds=1, p50=0.01, p95=0.02, refused=refused, turns=turns)


@pytest.mark.parametrize(
    ("load", "written"),
    [
        (answers(0), 0),
        (answers(100, refused=1), 99),
        (answers(100, turns=1), 100),
        (answers(100), 99),
        (answers(100), 117),
    ],
)
def test_answers_that_are_not_the_promised_ones_fail_the_job(load: Load, written: int) -> None:
    target = Target("x", Goal(7), [Request("/")], once=True)

    verify(target, answers(100), 100)
    verify(target, answers(100), 116)
    with pytest.raises(BenchmarkError):
        verify(target, load, written)


def test_refusals_are_all_refused_and_write_nothing() -> None:
    target = Target("x", Goal(4), [Request("/")], refused=True)

    verify(target, answers(100, refused=100), 0)
    for load, written in ((answers(100, refused=99), 0), (answers(100, refused=100), 1)):
        with pytest.raises(BenchmarkError):
            verify(target, load, written)


def test_each_student_applies_once_to_a_position() -> None:
    pairs = spread_over(30, 7, 200)

    assert len(set(pairs)) == 200
    assert {student for student, _position in pairs[:30]} == set(range(30))
    with pytest.raises(BenchmarkError):
        spread_over(30, 7, 211)


def test_effort_counts_the_side_that_warms_up() -> None:
    assert Effort(seconds=3, rounds=4).requests(100) == 1500


def test_recording_replaces_the_figures_alone(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"Before.\n{report.BEGIN}\nold\n{report.END}\nAfter.\n")

    report.record("| new |", document)
    report.record("| newer |", document)

    assert document.read_text() == f"Before.\n{report.BEGIN}\n\n| newer |\n\n{report.END}\nAfter.\n"
    document.write_text("no marks")
    with pytest.raises(BenchmarkError):
        report.record("| new |", document)


def test_missing_wrk_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BenchmarkError, match="apt-get install wrk"):
        require_wrk()
