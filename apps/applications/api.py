"""Applications over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.core.rest import actor_of
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .filters import ApplicationFilter
from .models import Application
from .policies import can_read_statement
from .services import application_accept, application_reject, application_submit, application_withdraw


class ApplicationSerializer(serializers.ModelSerializer):
    """An application; host and university by code, ``student`` is the membership."""

    position_title = serializers.CharField(source="position.title")
    host = serializers.CharField(source="host.code")
    university = serializers.CharField(source="university.code")
    student_name = serializers.CharField(source="student.user.name")
    statement = serializers.SerializerMethodField(help_text="Empty for the host once the application came to nothing.")

    class Meta:
        model = Application
        fields = [
            "id",
            "position",
            "position_title",
            "intake",
            "host",
            "university",
            "student",
            "student_name",
            "statement",
            "state",
            "reason",
            "submitted_at",
            "decided_at",
        ]

    def get_statement(self, application: Application) -> str:
        actor = actor_of(self.context["request"])
        return application.statement if can_read_statement(actor, application) else ""


class ApplicationInput(serializers.Serializer):
    position = serializers.IntegerField()
    statement = serializers.CharField(max_length=2000, help_text="What you bring and what you want to learn.")


class RejectInput(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


@extend_schema_view(
    list=extend_schema(summary="Applications that you see, newest first"),
    retrieve=extend_schema(summary="One application"),
)
class ApplicationViewSet(IdempotentCreate, ActorViewSet):
    queryset = Application.objects.with_profile_shown().select_related(
        "student__user", "position", "host", "university"
    )
    serializer_class = ApplicationSerializer
    filterset_class = ApplicationFilter
    input_serializers = {"create": ApplicationInput, "reject": RejectInput}

    @act_schema(
        ApplicationSerializer,
        request=ApplicationInput,
        status=201,
        summary="Apply for a place, as a student",
        description="First come, first served: the answer says `accepted`. A repeat answers with your live application.",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        application = application_submit(self.actor, position_id=values["position"], statement=values["statement"])
        return self.answer(application.pk, status=201)

    @act_schema(ApplicationSerializer, summary="Give the student a place")
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        return self.answer(application_accept(self.actor, application_id=int(pk)).pk)

    @act_schema(ApplicationSerializer, request=RejectInput, summary="Reject with a reason")
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        return self.answer(application_reject(self.actor, application_id=int(pk), **self.input()).pk)

    @act_schema(ApplicationSerializer, summary="Take your application back")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self.answer(application_withdraw(self.actor, application_id=int(pk)).pk)


routes = [("applications", ApplicationViewSet, "application")]
