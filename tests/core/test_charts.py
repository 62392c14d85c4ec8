"""The geometry of the charts, by hand-computed places and by laws that hold for any figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.charts import MAX_SERIES, Number, Series, bar_chart, line_chart, nice_ticks

WORDS = {"category_label": "Branch", "value_label": "Places"}
FIGURES = st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), min_size=1, max_size=12)


def share(percent: str) -> float:
    assert percent.endswith("%")
    return float(percent[:-1])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, (0, 20, 40, 60, 80, 100)),
        (0, 94, (0, 20, 40, 60, 80, 100)),
        (0, 3, (0, 1, 2, 3)),
        (0, 0, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (-82, 35.5, (-100, -50, 0, 50)),
        (0, 0.07, (0, 0.02, 0.04, 0.06, 0.08)),
        (0, 1_250_000, (0, 500_000, 1_000_000, 1_500_000)),
    ],
)
def test_ticks_are_round_and_enclose_the_figures(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert nice_ticks(low, high) == expected


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_enclose_any_range_with_few_even_steps(low: float, width: float) -> None:
    high = low + width
    if 0 < high - low < 1e-6:
        return
    ticks = nice_ticks(low, high)
    step = ticks[1] - ticks[0]
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low + step * 1e-6
    assert ticks[-1] >= high - step * 1e-6


def test_bars_start_at_zero_and_say_their_figure_beside_them() -> None:
    chart = bar_chart("Half", ["A", "B"], [Series("Places", [100, Decimal("50")])], **WORDS)
    full, half = (group.bars[0] for group in chart.groups)
    assert (full.start, full.width, full.end) == ("0.00%", "100.00%", "100.00%")
    assert (full.inside, full.anchor, full.dx) == (True, "end", -6)
    assert (half.start, half.width, half.end) == ("0.00%", "50.00%", "50.00%")
    assert (half.inside, half.anchor, half.dx) == (False, "start", 6)
    assert chart.zero == "0.00%"


def test_a_negative_bar_grows_to_the_left_of_zero() -> None:
    chart = bar_chart("Balance", ["A", "B"], [Series("Balance", [-25, 50])], **WORDS)
    left = chart.groups[0].bars[0]
    assert share(left.start) + share(left.width) == pytest.approx(share(chart.zero), abs=0.01)
    assert left.anchor == ("start" if left.inside else "end")


def test_every_series_has_its_own_number_and_the_table_has_every_figure() -> None:
    chart = bar_chart("Both", ["A", "B"], [Series("Promised", [3, None]), Series("Filled", [2, 1])], **WORDS)
    assert [[bar.series for bar in group.bars] for group in chart.groups] == [[1, 2], [1, 2]]
    assert chart.names == ("Promised", "Filled")
    assert [(row.name, row.values) for row in chart.rows] == [("A", (3, 2)), ("B", (None, 1))]


def test_a_line_runs_from_edge_to_edge_and_breaks_where_a_figure_is_missing() -> None:
    values: list[Number | None] = [0, 50, None, 100, 100]
    chart = line_chart("Up", ["1", "2", "3", "4", "5"], [Series("Rate", values)], **WORDS)
    line = chart.lines[0]
    assert line.strokes == ("0.00,100.00 25.00,50.00", "75.00,0.00 100.00,0.00")
    assert [(dot.x, dot.y) for dot in line.dots] == [
        ("0.00%", "100.00%"),
        ("25.00%", "50.00%"),
        ("75.00%", "0.00%"),
        ("100.00%", "0.00%"),
    ]


def test_a_single_point_stands_in_the_middle_as_a_dot_without_a_stroke() -> None:
    chart = line_chart("Once", ["2026"], [Series("Rate", [7])], **WORDS)
    assert chart.lines[0].strokes == ()
    assert chart.lines[0].dots[0].x == "50.00%"


def test_at_most_six_names_stay_where_there_is_little_room() -> None:
    chart = line_chart("Long", [str(year) for year in range(25)], [Series("Rate", list(range(25)))], **WORDS)
    assert sum(not label.minor for label in chart.labels) == 5
    assert not chart.labels[0].minor


@given(FIGURES)
def test_nothing_is_drawn_outside_the_drawing_area(values: list[int | None]) -> None:
    names = [str(index) for index in range(len(values))]
    bars = bar_chart("Any", names, [Series("Any", values)], **WORDS)
    lines = line_chart("Any", names, [Series("Any", values)], **WORDS)
    places = [share(bar.start) for group in bars.groups for bar in group.bars]
    places += [share(bar.start) + share(bar.width) for group in bars.groups for bar in group.bars]
    places += [share(dot.x) for dot in lines.lines[0].dots] + [share(dot.y) for dot in lines.lines[0].dots]
    places += [share(tick.place) for tick in bars.ticks + lines.ticks]
    assert all(-0.02 <= place <= 100.02 for place in places)


@pytest.mark.parametrize(
    "series",
    [
        [],
        [Series("Short", [1])],
        [Series("Long", [1, 2, 3])],
        [Series(str(number), [1, 2]) for number in range(MAX_SERIES + 1)],
    ],
)
def test_series_that_do_not_fit_are_refused(series: list[Series]) -> None:
    for draw in (bar_chart, line_chart):
        with pytest.raises(ValueError, match="series"):
            draw("No", ["A", "B"], series, **WORDS)


def test_no_categories_at_all_is_an_empty_chart() -> None:
    assert bar_chart("None", [], [Series("Places", [])], **WORDS).groups == ()
    assert line_chart("None", [], [Series("Places", [])], **WORDS).lines[0].dots == ()
