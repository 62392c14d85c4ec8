"""Geometry of the charts: numbers in, places in per cent out.

Places are per cent of the drawing area, so that a chart fits any width while its text keeps its size. The templates
``components/chart_bar.html`` and ``components/chart_line.html`` draw what these functions return.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Number = int | float | Decimal
MAX_SERIES = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures; ``None`` is a figure that nobody has."""

    name: str
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    place: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar. Its figure stands at ``end``: after it, or ``inside`` where there is no room beyond."""

    series: int
    value: Number | None
    start: str
    width: str
    end: str
    inside: bool
    anchor: str
    dx: int


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of one category."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    value: Number
    category: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series as strokes (``points`` in a box of 100 × 100, one stroke between two gaps) and as dots."""

    name: str
    series: int
    strokes: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A name under the horizontal axis; ``minor`` ones are left out where there is little room."""

    name: str
    x: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of the same figures."""

    name: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What every chart has in words: the finding, what is measured, and all figures as a table."""

    title: str
    category_label: str
    value_label: str
    unit: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class BarChart(Chart):
    groups: tuple[Group, ...] = ()
    zero: str = "0"


@dataclass(frozen=True, slots=True)
class LineChart(Chart):
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()


def bar_chart(
    title: str,
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    category_label: str,
    value_label: str,
    unit: str = "",
) -> BarChart:
    """Horizontal bars, one group for each category, one bar for each series in it.

    ``title`` states the finding. Raises ``ValueError`` when a series has not one value for each category, or when there
    are more than four series or none.
    """
    ticks, low, high = _prepare(categories, series)
    zero = _share(0, low, high)
    groups = tuple(
        Group(
            name,
            tuple(_bar(number, one.values[index], low, high, zero) for number, one in enumerate(series, 1)),
        )
        for index, name in enumerate(categories)
    )
    return BarChart(
        title,
        category_label,
        value_label,
        unit,
        names=tuple(one.name for one in series),
        rows=_rows(categories, series),
        ticks=tuple(Tick(tick, _percent(_share(tick, low, high))) for tick in ticks),
        groups=groups,
        zero=_percent(zero),
    )


def line_chart(
    title: str,
    categories: Sequence[str],
    series: Sequence[Series],
    *,
    category_label: str,
    value_label: str,
    unit: str = "",
) -> LineChart:
    """Lines over an ordered axis (months, years). A missing value leaves a gap. Raises as ``bar_chart`` does."""
    ticks, low, high = _prepare(categories, series)
    places = [100 * index / max(len(categories) - 1, 1) for index in range(len(categories))]
    if len(categories) == 1:
        places = [50.0]
    every = max(1, math.ceil(len(categories) / 6))
    return LineChart(
        title,
        category_label,
        value_label,
        unit,
        names=tuple(one.name for one in series),
        rows=_rows(categories, series),
        ticks=tuple(Tick(tick, _percent(100 - _share(tick, low, high))) for tick in ticks),
        lines=tuple(_line(number, one, categories, places, low, high) for number, one in enumerate(series, 1)),
        labels=tuple(
            Label(name, _percent(place), minor=index % every != 0)
            for index, (name, place) in enumerate(zip(categories, places, strict=True))
        ),
    )


def nice_ticks(low: float, high: float, wanted: int = 6) -> tuple[float, ...]:
    """Round numbers, evenly spaced by 1, 2 or 5 times a power of ten, that enclose ``low`` and ``high``."""
    if low == high:
        high = low + 1
    rough = (high - low) / max(wanted - 1, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if rough <= factor * power * 1.0000001)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))


def _prepare(categories: Sequence[str], series: Sequence[Series]) -> tuple[tuple[float, ...], float, float]:
    if not 1 <= len(series) <= MAX_SERIES:
        raise ValueError(f"a chart has 1 to {MAX_SERIES} series, not {len(series)}")
    for one in series:
        if len(one.values) != len(categories):
            raise ValueError(f"series {one.name!r} has {len(one.values)} values for {len(categories)} categories")
    values = [float(value) for one in series for value in one.values if value is not None]
    ticks = nice_ticks(min([0.0, *values]), max([0.0, *values]))
    return ticks, ticks[0], ticks[-1]


def _bar(series: int, value: Number | None, low: float, high: float, zero: float) -> Bar:
    place = _share(float(value or 0), low, high)
    negative = float(value or 0) < 0
    inside = abs(place - zero) > 20 and (place < 15 if negative else place > 85)
    leftward = negative is not inside
    return Bar(
        series,
        value,
        start=_percent(min(place, zero)),
        width=_percent(abs(place - zero)),
        end=_percent(place),
        inside=inside,
        anchor="end" if leftward else "start",
        dx=-6 if leftward else 6,
    )


def _line(
    number: int, series: Series, categories: Sequence[str], places: Sequence[float], low: float, high: float
) -> Line:
    strokes: list[list[str]] = [[]]
    dots = []
    for name, x, value in zip(categories, places, series.values, strict=True):
        if value is None:
            strokes.append([])
            continue
        y = 100 - _share(float(value), low, high)
        strokes[-1].append(f"{x:.2f},{y:.2f}")
        dots.append(Dot(_percent(x), _percent(y), value, name))
    return Line(
        series.name,
        number,
        strokes=tuple(" ".join(stroke) for stroke in strokes if len(stroke) > 1),
        dots=tuple(dots),
    )


def _rows(categories: Sequence[str], series: Sequence[Series]) -> tuple[Row, ...]:
    return tuple(Row(name, tuple(one.values[index] for one in series)) for index, name in enumerate(categories))


def _share(value: float, low: float, high: float) -> float:
    return 100 * (value - low) / (high - low)


def _percent(share: float) -> str:
    return f"{share:.2f}%"
