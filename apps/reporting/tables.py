"""The report of placements as rows of plain values, for files and the API, and as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from apps.core.charts import MAX_SERIES, LineChart, Series, line_chart
from apps.core.templatetags.components import figure

from .services import Report, Row, months

FIELDS = ("university_code", "university", "base_id", "base", "month", "placements", "hours", "mean_score")


def as_values(row: Row) -> dict[str, Any]:
    """A row by ``FIELDS``; names in the reader's language."""
    return {
        "university_code": row.university.code,
        "university": row.university.local_name,
        "base_id": row.base.pk,
        "base": row.base.local_name,
        "month": f"{row.month:%Y-%m}",
        "placements": row.placements,
        "hours": row.hours,
        "mean_score": row.mean_score,
    }


def as_body(report: Report) -> dict[str, Any]:
    """The whole report as JSON shows it."""
    return {
        "placements": report.placements,
        "hours": report.hours,
        "mean_score": report.mean_score,
        "results": [as_values(row) for row in report.rows],
    }


def heads() -> list[str]:
    """The head of the table for people, in the order of ``FIELDS``."""
    return [
        _("University code"),
        _("University"),
        _("Base number"),
        _("Base"),
        _("Month"),
        _("Placements"),
        _("Hours"),
        _("Mean score"),
    ]


def hours_chart(rows: Sequence[Row]) -> LineChart | None:
    """Logged hours month by month, a line for each university while there are few; ``None`` when nothing was logged."""
    hours: dict[tuple[str, date], Decimal] = {}
    by_month: dict[date, Decimal] = {}
    for row in rows:
        key = (row.university.local_name, row.month)
        hours[key] = hours.get(key, Decimal(0)) + row.hours
        by_month[row.month] = by_month.get(row.month, Decimal(0)) + row.hours
    if not any(by_month.values()):
        return None
    axis = list(months(min(by_month), max(by_month)))
    best = max(by_month, key=lambda month: by_month[month])
    universities = sorted({university for university, _month in hours})
    if len(universities) <= MAX_SERIES:
        series = [Series(one, [hours.get((one, month)) for month in axis]) for one in universities]
    else:
        series = [Series(_("All universities"), [by_month.get(month) for month in axis])]
    title = _("Most hours were logged in %(month)s: %(hours)s") % {
        "month": format_date(best, get_format("YEAR_MONTH_FORMAT")),
        "hours": figure(by_month[best]),
    }
    names = [f"{month:%Y-%m}" for month in axis]
    return line_chart(title, names, series, category_label=_("Month"), value_label=_("Logged hours"))
