"""The report over REST, as JSON, CSV or XLSX."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import problem_responses
from apps.core.exports import CSV, XLSX
from apps.core.rest import JSONRenderer, actor_of

from .forms import PlacementReportFilter
from .policies import can_view_reports
from .services import placement_figures
from .tables import FIELDS, as_body
from .views import as_file, export_record


class CSVRenderer(JSONRenderer):
    """Lets ``?format=csv`` and ``Accept`` choose it. The view writes the file; only problems come here, as JSON."""

    media_type = CSV
    format = "csv"


class XLSXRenderer(CSVRenderer):
    """Likewise for Excel."""

    media_type = XLSX
    format = "xlsx"


class RowSerializer(serializers.Serializer):
    """The figures of one university at one base in one month."""

    university_code = serializers.CharField()
    university = serializers.CharField(help_text="In the reader's language.")
    base_id = serializers.IntegerField()
    base = serializers.CharField()
    month = serializers.CharField(help_text="The calendar month, like 2026-09.")
    placements = serializers.IntegerField(help_text="Started placements that were running on a day of the month.")
    hours = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="The sum of the hours logged for days of the month."
    )
    mean_score = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        allow_null=True,
        help_text="The mean of the results (0 to 100) of the rounds due in the month, half up; null without a result.",
    )


class PlacementReportSerializer(serializers.Serializer):
    """The figures of the whole period, in which a placement counts once, and the rows, newest month first."""

    placements = serializers.IntegerField()
    hours = serializers.DecimalField(max_digits=14, decimal_places=2)
    mean_score = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    results = RowSerializer(many=True)


MONTH = r"^\d{4}-\d{2}$"
FILTERS = [
    OpenApiParameter("university", str, description="Code of a university."),
    OpenApiParameter("base", int, description="Number of a base."),
    OpenApiParameter("month_from", str, pattern=MONTH, description="First month, like 2026-09."),
    OpenApiParameter("month_to", str, pattern=MONTH, description="Last month, included."),
]


class PlacementReportView(APIView):
    renderer_classes = [JSONRenderer, CSVRenderer, XLSXRenderer]

    @extend_schema(
        operation_id="reports_placements_retrieve",
        summary="Placements, logged hours and mean score by university, base and month",
        parameters=FILTERS,
        responses={
            (200, JSONRenderer.media_type): PlacementReportSerializer,
            (200, CSV): OpenApiResponse(OpenApiTypes.STR, description="UTF-8 with byte order mark"),
            (200, XLSX): OpenApiTypes.BINARY,
            **problem_responses(400, 401, 403),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        can_view_reports(actor).require()
        form = PlacementReportFilter(request.query_params, actor=actor)
        if not form.is_valid():
            raise ValidationError(dict(form.errors.as_data()))
        report = placement_figures(actor, **form.values())
        renderer = request.accepted_renderer
        if isinstance(renderer, CSVRenderer):
            export_record(actor, request._request, renderer.format)
            return as_file(report, renderer.format, list(FIELDS))
        return Response(as_body(report))


urlpatterns = [path("reports/placements/", PlacementReportView.as_view(), name="report-placements")]
