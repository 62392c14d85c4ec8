"""The page of the report."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.audit.models import SecurityEvent
from apps.audit.services import security_event_record
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.exports import csv_response, xlsx_response
from apps.core.views import PortalRequest

from .forms import PlacementReportFilter
from .policies import can_view_reports
from .services import Report, Row, placement_figures
from .tables import FIELDS, as_body, as_values, heads, hours_chart

PAGE_SIZE = 50
FORMATS = [("xlsx", _("Excel (.xlsx)")), ("csv", "CSV"), ("json", "JSON")]
NAME = "placements"


@require_safe
def placements(request: PortalRequest) -> HttpResponseBase:
    """Figures, chart and table; with ``?format=csv|xlsx|json`` the same rows as a file. Bad filters: 422, no rows."""
    can_view_reports(request.actor).require()
    wanted = request.GET.get("format", "")
    if wanted and wanted not in dict(FORMATS):
        raise NotFound
    form = PlacementReportFilter(request.GET, actor=request.actor)
    if not form.is_valid():
        return render(request, "reporting/placements.html", {"form": form, "report": None}, status=422)
    report = placement_figures(request.actor, **form.values())
    if wanted:
        export_record(request.actor, request, wanted)
        return as_file(report, wanted, heads())
    page = Paginator(report.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "reporting/placements.html",
        {
            "form": form,
            "report": report,
            "chart": hours_chart(report.rows),
            "page": page,
            "previous_url": _page_url(request, page, -1),
            "next_url": _page_url(request, page, +1),
            "chips": _periods(request),
            "exports": [{"label": label, "url": _url(request, format=code)} for code, label in FORMATS],
        },
    )


def export_record(actor: Actor, request: HttpRequest, wanted: str) -> None:
    """Write down that these figures left the portal as a file."""
    about = {"report": NAME, "format": wanted}
    security_event_record(SecurityEvent.Kind.EXPORTED, actor=actor, request=request, about=about)


def as_file(report: Report, wanted: str, head: list[str]) -> HttpResponseBase:
    """The report as csv, xlsx or json, with ``head`` above the columns of a table."""
    if wanted == "json":
        return JsonResponse(as_body(report))
    rows = ([as_values(row)[name] for name in FIELDS] for row in report.rows)
    if wanted == "csv":
        return csv_response(NAME, head, rows)
    return xlsx_response(NAME, head, rows)


def _periods(request: HttpRequest) -> list[dict[str, Any]]:
    """Quick filters by the first month; the last month is then this one."""
    this_month = timezone.localdate().replace(day=1)
    choices = [(_("All months"), None), (_("This month"), 0), (_("Three months"), 2), (_("Twelve months"), 11)]
    chips = []
    for label, back in choices:
        first = "" if back is None else f"{_months_before(this_month, back):%Y-%m}"
        active = request.GET.get("month_from", "") == first and not request.GET.get("month_to")
        chips.append({"label": label, "url": _url(request, month_from=first, month_to=""), "active": active})
    return chips


def _months_before(month: date, number: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 - number, 12)
    return date(year, index + 1, 1)


def _page_url(request: HttpRequest, page: Page[Row], step: int) -> str:
    number = page.number + step
    return _url(request, page=number) if 1 <= number <= page.paginator.num_pages else ""


def _url(request: HttpRequest, **parameters: Any) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in parameters.items():
        query.pop(name, None)
        if value != "":
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}"
