"""Jobs over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema

from .filters import JobRunFilter
from .models import JobRun
from .services import job_cancel


class JobRunSerializer(serializers.ModelSerializer):
    summary = serializers.JSONField(help_text="What came of it; its entries depend on the kind.")

    class Meta:
        model = JobRun
        fields = [
            "id",
            "kind",
            "title",
            "state",
            "total",
            "done",
            "summary",
            "message",
            "result_name",
            "created_at",
            "started_at",
            "finished_at",
        ]


@extend_schema_view(
    list=extend_schema(summary="Long work that you asked for, newest first"),
    retrieve=extend_schema(summary="One job: how far it is, and what came of it"),
)
class JobRunViewSet(ActorViewSet):
    queryset = JobRun.objects.all()
    serializer_class = JobRunSerializer
    filterset_class = JobRunFilter

    @act_schema(JobRunSerializer, summary="Cancel a job that waits or runs")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self.answer(job_cancel(self.actor, job_id=int(pk)).pk)


routes = [("jobs", JobRunViewSet, "job")]
