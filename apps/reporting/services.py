"""The report of placements: how many, how many hours, how good, by university, base and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Aggregate, Count, DateField, F, Model, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Least, TruncDate, TruncMonth
from django.utils import timezone

from apps.bases.models import Base
from apps.core.actor import Actor
from apps.evaluations.models import PlacementResult
from apps.organizations.models import Organization
from apps.placements.models import Placement, ProgressLog

from .policies import can_view_reports, reportable_to

CENT = Decimal("0.01")

Key = tuple[int, int, date]
"""university, base, first day of the month"""
Score = tuple[Decimal, int]
"""sum and number of results"""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one university at one base in one month, which is named by its first day."""

    university: Organization
    base: Base
    month: date
    placements: int
    hours: Decimal
    mean_score: Decimal | None


@dataclass(frozen=True, slots=True)
class Report:
    """The rows, newest month first, and the figures of the whole period. A placement counts once in a total."""

    rows: list[Row]
    placements: int
    hours: Decimal
    mean_score: Decimal | None


def placement_report(
    actor: Actor,
    *,
    university_id: int | None = None,
    base_id: int | None = None,
    month_from: date | None = None,
    month_to: date | None = None,
) -> list[Row]:
    """The rows of ``placement_figures``."""
    return placement_figures(
        actor, university_id=university_id, base_id=base_id, month_from=month_from, month_to=month_to
    ).rows


def placement_figures(
    actor: Actor,
    *,
    university_id: int | None = None,
    base_id: int | None = None,
    month_from: date | None = None,
    month_to: date | None = None,
) -> Report:
    """Placements, logged hours and mean score by university, base and calendar month, and for the whole period.

    * ``placements``: those that have started and were running on a day of the month: from their first day to their last,
      or to the day they were completed or broken off (in the portal's time zone), and never beyond today.
    * ``hours``: the sum of the hours that enterprise tutors logged for days of the month.
    * ``mean_score``: the mean of the results (0 to 100) of evaluation rounds that were due in the month, two decimals half
      up; ``None`` without a result.

    ``month_from`` and ``month_to`` name months by any of their days and are included. Only what ``reportable_to`` gives is
    counted; ``NotAllowed`` without the right to reports. Reads, in five statements at any size.
    """
    can_view_reports(actor).require()
    placements = reportable_to(actor)
    if university_id is not None:
        placements = placements.filter(university_id=university_id)
    if base_id is not None:
        placements = placements.filter(base_id=base_id)
    first = (month_from or date.min).replace(day=1)
    last = (month_to or date.max).replace(day=1)

    running, total = _running(placements, first, last)
    hours = dict(_by_month(ProgressLog, "worked_on", placements, first, last, Sum("hours")))
    scores = {
        key: (score, count)
        for key, score, count in _by_month(
            PlacementResult, "round__due_on", placements, first, last, Sum("score"), Count("pk")
        )
    }
    return Report(
        rows=_rows(running, hours, scores),
        placements=total,
        hours=sum(hours.values(), Decimal("0.00")),
        mean_score=_mean(scores.values()),
    )


def _running(placements: QuerySet[Placement], first: date, last: date) -> tuple[Counter[Key], int]:
    """How many run in each month, and how many in the period. One statement: a count by first and last month."""
    ended_on = TruncDate("ended_at", tzinfo=timezone.get_default_timezone())
    today = Value(timezone.localdate(timezone=timezone.get_default_timezone()))
    spans = (
        placements.filter(started_at__isnull=False)
        .annotate(
            first=TruncMonth("starts_on"),
            last_day=Least("ends_on", Coalesce(ended_on, today), today, output_field=DateField()),
            last=TruncMonth("last_day"),
        )
        .filter(last_day__gte=F("starts_on"), first__lte=last, last__gte=first)
        .order_by()
        .values_list("university_id", "base_id", "first", "last")
        .annotate(number=Count("pk"))
    )
    running: Counter[Key] = Counter()
    total = 0
    for university_id, base_id, begins, ends, number in spans:
        total += number
        for month in months(max(begins, first), min(ends, last)):
            running[university_id, base_id, month] += number
    return running, total


def months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)


def _by_month(
    model: type[Model], day: str, placements: QuerySet[Placement], first: date, last: date, *sums: Aggregate
) -> Iterator[tuple[Any, ...]]:
    """``sums`` over the rows of ``model`` that belong to ``placements``, by university, base and month of ``day``."""
    rows = (
        model._default_manager.filter(placement__in=placements)
        .annotate(month=TruncMonth(day, output_field=DateField()))
        .filter(month__gte=first, month__lte=last)
        .order_by()
        .values_list("placement__university_id", "placement__base_id", "month")
        .annotate(*sums)
    )
    for university_id, base_id, month, *values in rows:
        yield (university_id, base_id, month), *values


def _rows(running: Counter[Key], hours: dict[Key, Decimal], scores: dict[Key, Score]) -> list[Row]:
    keys = running.keys() | hours.keys() | scores.keys()
    universities = Organization.objects.in_bulk({key[0] for key in keys})
    bases = Base.objects.in_bulk({key[1] for key in keys})
    rows = [
        Row(
            university=universities[university_id],
            base=bases[base_id],
            month=month,
            placements=running[key],
            hours=hours.get(key, Decimal("0.00")),
            mean_score=_mean([scores[key]] if key in scores else []),
        )
        for key in keys
        for university_id, base_id, month in [key]
    ]
    rows.sort(key=lambda row: (-row.month.toordinal(), str(row.university), str(row.base), row.base.pk))
    return rows


def _mean(scores: Iterable[Score]) -> Decimal | None:
    """Of sums with their counts; two decimals, half up."""
    total, count = Decimal(0), 0
    for score, number in scores:
        total, count = total + score, count + number
    return (total / count).quantize(CENT, ROUND_HALF_UP) if count else None
