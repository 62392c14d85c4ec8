from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import act_schema
from apps.core.services import fetch
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .. import names
from ..filters import ProgressLogFilter
from ..models import ProgressLog
from ..services import progress_log_record, progress_log_revise
from .rows import NamedSerializer, Row, RowViewSet, moment, named


class ProgressLogSerializer(serializers.Serializer):
    """One day of a student, recorded by the enterprise tutor."""

    id = serializers.IntegerField()
    placement = serializers.IntegerField()
    tutor = NamedSerializer()
    worked_on = serializers.DateField()
    hours = serializers.DecimalField(max_digits=7, decimal_places=2)
    tasks = serializers.CharField()
    rating = serializers.IntegerField(min_value=1, max_value=5)
    note = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ProgressLogInput(serializers.Serializer):
    placement = serializers.IntegerField(help_text="An active placement whose enterprise tutor you are.")
    worked_on = serializers.DateField()
    hours = serializers.DecimalField(max_digits=4, decimal_places=2, min_value=Decimal("0.25"), max_value=Decimal(24))
    tasks = serializers.CharField(max_length=500)
    rating = serializers.IntegerField(min_value=1, max_value=5)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class ProgressLogRevision(serializers.Serializer):
    """What is left out stays."""

    version = serializers.IntegerField(help_text="The version that you have read.")
    hours = serializers.DecimalField(
        max_digits=4, decimal_places=2, min_value=Decimal("0.25"), max_value=Decimal(24), required=False
    )
    tasks = serializers.CharField(max_length=500, required=False)
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False)
    note = serializers.CharField(max_length=2000, allow_blank=True, required=False)


@extend_schema_view(
    list=extend_schema(summary="Progress logs that you see, newest first"),
    retrieve=extend_schema(summary="One progress log"),
)
class ProgressLogViewSet(IdempotentCreate, RowViewSet):
    queryset = ProgressLog.objects.all()
    serializer_class = ProgressLogSerializer
    filterset_class = ProgressLogFilter
    input_serializers = {"create": ProgressLogInput, "partial_update": ProgressLogRevision}
    fields = (
        "pk",
        "placement_id",
        "tutor_id",
        "worked_on",
        "hours",
        "tasks",
        "rating",
        "note",
        "version",
        "created_at",
    )

    def write(self, rows: Sequence[Row]) -> list[Row]:
        people = names.people.of(row["tutor_id"] for row in rows)
        return [
            {
                "id": row["pk"],
                "placement": row["placement_id"],
                "tutor": named(row["tutor_id"], people),
                "worked_on": row["worked_on"],
                "hours": f"{row['hours']:.2f}",
                "tasks": row["tasks"],
                "rating": row["rating"],
                "note": row["note"],
                "version": row["version"],
                "created_at": moment(row["created_at"]),
            }
            for row in rows
        ]

    def _answer_log(self, log: ProgressLog, status: int = 200) -> Response:
        """What the service returned, without reading it again."""
        return Response(self.write([{name: getattr(log, name) for name in self.fields}])[0], status=status)

    @act_schema(
        ProgressLogSerializer,
        request=ProgressLogInput,
        status=201,
        summary="Record a day",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        log = progress_log_record(self.actor, placement_id=values.pop("placement"), **values)
        return self._answer_log(log, status=201)

    @act_schema(ProgressLogSerializer, request=ProgressLogRevision, summary="Correct an entry")
    def partial_update(self, request: Request, pk: str) -> Response:
        values = self.input()
        expected_version = values.pop("version")
        if len(values) < 4:
            log = fetch(ProgressLog.objects.visible_to(self.actor), pk=pk)
            values = {"hours": log.hours, "tasks": log.tasks, "rating": log.rating, "note": log.note} | values
        return self._answer_log(
            progress_log_revise(self.actor, log_id=int(pk), expected_version=expected_version, **values)
        )
