"""Bases and intakes over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .filters import BaseFilter, IntakeFilter
from .models import Base, Intake, Position
from .services import base_create, intake_close, intake_draft, intake_open


class BaseSerializer(serializers.ModelSerializer):
    """A base; its host by code."""

    host = serializers.CharField(source="host.code")
    host_name = serializers.CharField(source="host.name")

    class Meta:
        model = Base
        fields = [
            "id",
            "kind",
            "name",
            "name_en",
            "host",
            "host_name",
            "agreement",
            "region",
            "address",
            "description",
            "created_at",
        ]


class BaseInput(serializers.ModelSerializer):
    agreement = serializers.IntegerField(help_text="Number of an agreement of your organization that is in force.")
    region = serializers.CharField(help_text="Code of GB/T 2260.")

    class Meta:
        model = Base
        fields = ["agreement", "kind", "name", "name_en", "region", "address", "description"]
        validators: list[Any] = []


@extend_schema_view(
    list=extend_schema(summary="Bases that you see, newest first"),
    retrieve=extend_schema(summary="One base"),
)
class BaseViewSet(IdempotentCreate, ActorViewSet):
    queryset = Base.objects.select_related("host")
    serializer_class = BaseSerializer
    filterset_class = BaseFilter
    input_serializers = {"create": BaseInput}

    @act_schema(BaseSerializer, request=BaseInput, status=201, summary="Set up a base", parameters=[IDEMPOTENCY_KEY])
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        agreement_id, region_code = values.pop("agreement"), values.pop("region")
        base = base_create(self.actor, agreement_id=agreement_id, region_code=region_code, **values)
        return self.answer(base.pk, status=201)


class PositionSerializer(serializers.ModelSerializer):
    free = serializers.IntegerField(read_only=True)

    class Meta:
        model = Position
        fields = ["id", "title", "tasks", "places", "taken", "free"]
        read_only_fields = ["taken"]


class IntakeSerializer(serializers.ModelSerializer):
    """An intake with its positions; ``places`` and ``free`` are their sums."""

    positions = PositionSerializer(many=True)
    places = serializers.IntegerField()
    free = serializers.IntegerField()

    class Meta:
        model = Intake
        fields = [
            "id",
            "base",
            "title",
            "selection",
            "closes_on",
            "starts_on",
            "ends_on",
            "state",
            "places",
            "free",
            "positions",
            "opened_at",
            "closed_at",
        ]


class IntakeInput(serializers.ModelSerializer):
    base = serializers.IntegerField(help_text="Number of a base that your organization hosts.")
    positions = PositionSerializer(many=True, allow_empty=False)

    class Meta:
        model = Intake
        fields = ["base", "title", "selection", "closes_on", "starts_on", "ends_on", "positions"]
        extra_kwargs = {"selection": {"required": True}}
        validators: list[Any] = []


@extend_schema_view(
    list=extend_schema(summary="Intakes that you see, newest first"),
    retrieve=extend_schema(summary="One intake"),
)
class IntakeViewSet(IdempotentCreate, ActorViewSet):
    queryset = Intake.objects.prefetch_related("positions")
    serializer_class = IntakeSerializer
    filterset_class = IntakeFilter
    input_serializers = {"create": IntakeInput}

    @act_schema(
        IntakeSerializer,
        request=IntakeInput,
        status=201,
        summary="Draft an intake with its positions",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        intake = intake_draft(self.actor, base_id=values.pop("base"), **values)
        return self.answer(intake.pk, status=201)

    @act_schema(IntakeSerializer, summary="Open a draft for applications")
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        return self.answer(intake_open(self.actor, intake_id=int(pk)).pk)

    @act_schema(IntakeSerializer, summary="Take no more applications")
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        return self.answer(intake_close(self.actor, intake_id=int(pk)).pk)


routes = [("bases", BaseViewSet, "base"), ("intakes", IntakeViewSet, "intake")]
