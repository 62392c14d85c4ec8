from __future__ import annotations

from collections.abc import Sequence

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import act_schema
from apps.jobs.api import JobRunSerializer
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .. import names
from ..filters import PlacementFilter
from ..models import Placement
from ..services import (
    placement_agreement_draft,
    placement_agreements_ask,
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_academic_tutor,
    placement_name_enterprise_tutor,
    placement_start,
)
from .rows import NamedSerializer, Row, RowViewSet, moment, named


class PlacementSerializer(serializers.Serializer):
    """A placement; students and tutors are named by their membership."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(Placement.State.choices)
    application = serializers.IntegerField()
    student = NamedSerializer()
    university = NamedSerializer()
    host = NamedSerializer()
    base = NamedSerializer()
    position = NamedSerializer()
    academic_tutor = NamedSerializer()
    enterprise_tutor = NamedSerializer(allow_null=True)
    agreement = serializers.IntegerField(allow_null=True, help_text="The tri-party agreement.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Why it was broken off.")


class PlacementInput(serializers.Serializer):
    application = serializers.IntegerField(help_text="An accepted application.")
    academic_tutor = serializers.IntegerField(help_text="The membership of a tutor of your university.")
    starts_on = serializers.DateField(required=False, help_text="The intake's unless given.")
    ends_on = serializers.DateField(required=False, help_text="The intake's unless given.")


class EnterpriseTutorInput(serializers.Serializer):
    tutor = serializers.IntegerField(help_text="The membership of a tutor of the host.")


class AgreementDaysInput(serializers.Serializer):
    not_before = serializers.DateField(
        required=False, help_text="The agreement begins with the placement, but not before this day (today)."
    )


class IntakeAgreementsInput(AgreementDaysInput):
    intake = serializers.IntegerField()


class BreakOffInput(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


@extend_schema_view(
    list=extend_schema(summary="Placements that you see, newest first"),
    retrieve=extend_schema(summary="One placement"),
)
class PlacementViewSet(IdempotentCreate, RowViewSet):
    queryset = Placement.objects.all()
    serializer_class = PlacementSerializer
    filterset_class = PlacementFilter
    input_serializers = {
        "create": PlacementInput,
        "enterprise_tutor": EnterpriseTutorInput,
        "academic_tutor": EnterpriseTutorInput,
        "agreement": AgreementDaysInput,
        "agreements": IntakeAgreementsInput,
        "break_off": BreakOffInput,
    }
    fields = (
        "pk",
        "state",
        "application_id",
        "student_id",
        "university_id",
        "host_id",
        "base_id",
        "position_id",
        "academic_tutor_id",
        "enterprise_tutor_id",
        "agreement_id",
        "starts_on",
        "ends_on",
        "started_at",
        "ended_at",
        "reason",
    )

    def write(self, rows: Sequence[Row]) -> list[Row]:
        people = names.people.of(
            row[field] for row in rows for field in ("student_id", "academic_tutor_id", "enterprise_tutor_id")
        )
        organizations = names.organizations.of(row[field] for row in rows for field in ("university_id", "host_id"))
        bases = names.bases.of(row["base_id"] for row in rows)
        positions = names.positions.of(row["position_id"] for row in rows)
        return [
            {
                "id": row["pk"],
                "state": row["state"],
                "application": row["application_id"],
                "student": named(row["student_id"], people),
                "university": named(row["university_id"], organizations),
                "host": named(row["host_id"], organizations),
                "base": named(row["base_id"], bases),
                "position": named(row["position_id"], positions),
                "academic_tutor": named(row["academic_tutor_id"], people),
                "enterprise_tutor": named(row["enterprise_tutor_id"], people),
                "agreement": row["agreement_id"],
                "starts_on": row["starts_on"],
                "ends_on": row["ends_on"],
                "started_at": moment(row["started_at"]),
                "ended_at": moment(row["ended_at"]),
                "reason": row["reason"],
            }
            for row in rows
        ]

    @act_schema(
        PlacementSerializer,
        request=PlacementInput,
        status=201,
        summary="Arrange a placement for an accepted application",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        placement = placement_arrange(
            self.actor,
            application_id=values["application"],
            academic_tutor_id=values["academic_tutor"],
            starts_on=values.get("starts_on"),
            ends_on=values.get("ends_on"),
        )
        return self.answer(placement.pk, status=201)

    @act_schema(PlacementSerializer, request=EnterpriseTutorInput, summary="Name the host's tutor")
    @action(detail=True, methods=["post"], url_path="enterprise-tutor")
    def enterprise_tutor(self, request: Request, pk: str) -> Response:
        placement = placement_name_enterprise_tutor(self.actor, placement_id=int(pk), tutor_id=self.input()["tutor"])
        return self.answer(placement.pk)

    @act_schema(PlacementSerializer, request=EnterpriseTutorInput, summary="Name another tutor of the university")
    @action(detail=True, methods=["post"], url_path="academic-tutor")
    def academic_tutor(self, request: Request, pk: str) -> Response:
        placement = placement_name_academic_tutor(self.actor, placement_id=int(pk), tutor_id=self.input()["tutor"])
        return self.answer(placement.pk)

    @act_schema(PlacementSerializer, request=AgreementDaysInput, summary="Draft the tri-party agreement")
    @action(detail=True, methods=["post"])
    def agreement(self, request: Request, pk: str) -> Response:
        placement_agreement_draft(self.actor, placement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(
        JobRunSerializer,
        request=IntakeAgreementsInput,
        status=202,
        summary="Make and submit the tri-party agreements of an intake, as a job",
    )
    @action(detail=False, methods=["post"])
    def agreements(self, request: Request) -> Response:
        values = self.input()
        job = placement_agreements_ask(self.actor, intake_id=values.pop("intake"), **values)
        return Response(JobRunSerializer(job).data, status=202)

    @act_schema(PlacementSerializer, summary="Start the work")
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        return self.answer(placement_start(self.actor, placement_id=int(pk)).pk)

    @act_schema(PlacementSerializer, summary="Complete a placement")
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        return self.answer(placement_complete(self.actor, placement_id=int(pk)).pk)

    @act_schema(PlacementSerializer, request=BreakOffInput, summary="Break a placement off")
    @action(detail=True, methods=["post"], url_path="break-off")
    def break_off(self, request: Request, pk: str) -> Response:
        return self.answer(placement_break_off(self.actor, placement_id=int(pk), **self.input()).pk)
