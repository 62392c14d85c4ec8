"""When the rounds of a plan are due."""

from __future__ import annotations

from datetime import date, timedelta

from apps.core.dates import add_months

from .models import EvaluationPlan

_DAYS = {EvaluationPlan.Cadence.WEEKLY: 7, EvaluationPlan.Cadence.FORTNIGHTLY: 14}


def due_after(first: date, cadence: str, day: date) -> date:
    """The first due date after ``day`` of a plan that began on ``first``, which is not after ``day``.

    Counted from ``first`` every time, so that a month keeps its day: after 31 January come 28 or 29 February and 31 March.
    """
    if cadence == EvaluationPlan.Cadence.MONTHLY:
        months = (day.year - first.year) * 12 + day.month - first.month
        this_month = add_months(first, months)
        return this_month if this_month > day else add_months(first, months + 1)
    step = _DAYS[EvaluationPlan.Cadence(cadence)]
    return first + timedelta(days=((day - first).days // step + 1) * step)
