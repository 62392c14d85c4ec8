"""Schemes, plans, rounds, sheets and results over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .filters import EvaluationFilter, ResultFilter, RoundFilter, SchemeFilter
from .models import (
    Criterion,
    Evaluation,
    EvaluationPlan,
    EvaluationRound,
    EvaluationScheme,
    PlacementResult,
    Score,
)
from .services import evaluation_submit, plan_create, scheme_create, scheme_publish


class CriterionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Criterion
        fields = ["id", "title", "standard", "weight"]


class SchemeSerializer(serializers.ModelSerializer):
    criteria = CriterionSerializer(many=True)

    class Meta:
        model = EvaluationScheme
        fields = ["id", "title", "state", "published_at", "criteria"]


class CriterionInput(serializers.ModelSerializer):
    class Meta:
        model = Criterion
        fields = ["title", "standard", "weight"]


class SchemeInput(serializers.ModelSerializer):
    criteria = CriterionInput(many=True)

    class Meta:
        model = EvaluationScheme
        fields = ["title", "criteria"]


@extend_schema_view(
    list=extend_schema(summary="Evaluation schemes of your university, newest first"),
    retrieve=extend_schema(summary="One evaluation scheme"),
)
class EvaluationSchemeViewSet(IdempotentCreate, ActorViewSet):
    queryset = EvaluationScheme.objects.prefetch_related("criteria")
    serializer_class = SchemeSerializer
    filterset_class = SchemeFilter
    input_serializers = {"create": SchemeInput}

    @act_schema(
        SchemeSerializer,
        request=SchemeInput,
        status=201,
        summary="Draft an evaluation scheme",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        return self.answer(scheme_create(self.actor, **self.input()).pk, status=201)

    @act_schema(SchemeSerializer, summary="Publish a scheme whose weights add up to 100")
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        return self.answer(scheme_publish(self.actor, scheme_id=int(pk)).pk)


class PlanSerializer(serializers.ModelSerializer):
    class Meta:
        model = EvaluationPlan
        fields = ["id", "scheme", "base", "cadence", "first_due_on", "ends_on", "days_open", "next_due_on"]


class PlanInput(serializers.ModelSerializer):
    scheme = serializers.IntegerField(min_value=1, help_text="A published scheme.")
    base = serializers.IntegerField(min_value=1, required=False, allow_null=True, help_text="Null: all bases.")

    class Meta:
        model = EvaluationPlan
        fields = ["scheme", "base", "cadence", "first_due_on", "ends_on", "days_open"]


@extend_schema_view(
    list=extend_schema(summary="Evaluation plans of your university, newest first"),
    retrieve=extend_schema(summary="One evaluation plan"),
)
class EvaluationPlanViewSet(IdempotentCreate, ActorViewSet):
    queryset = EvaluationPlan.objects.all()
    serializer_class = PlanSerializer
    input_serializers = {"create": PlanInput}

    @act_schema(
        PlanSerializer,
        request=PlanInput,
        status=201,
        summary="Plan rounds by a published scheme",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        plan = plan_create(self.actor, scheme_id=values.pop("scheme"), base_id=values.pop("base", None), **values)
        return self.answer(plan.pk, status=201)


class RoundSerializer(serializers.ModelSerializer):
    scheme = serializers.IntegerField(source="plan.scheme_id")
    sheets = serializers.IntegerField(help_text="One for each placement and tutor.")
    submitted = serializers.IntegerField(help_text="Sheets that are handed in.")

    class Meta:
        model = EvaluationRound
        fields = [
            "id",
            "plan",
            "scheme",
            "due_on",
            "closes_on",
            "state",
            "opened_at",
            "closed_at",
            "sheets",
            "submitted",
        ]


@extend_schema_view(
    list=extend_schema(summary="Evaluation rounds of your university, newest first"),
    retrieve=extend_schema(summary="One evaluation round"),
)
class EvaluationRoundViewSet(ActorViewSet):
    queryset = EvaluationRound.objects.select_related("plan").with_progress()
    serializer_class = RoundSerializer
    filterset_class = RoundFilter


class ScoreSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="criterion.title")
    weight = serializers.DecimalField(source="criterion.weight", max_digits=5, decimal_places=2)

    class Meta:
        model = Score
        fields = ["criterion", "title", "weight", "points"]


class EvaluationSerializer(serializers.ModelSerializer):
    """One tutor's sheet; ``criteria`` are those to score."""

    student = serializers.CharField(source="placement.student.user.name")
    evaluator = serializers.CharField(source="evaluator.user.name")
    due_on = serializers.DateField(source="round.due_on")
    closes_on = serializers.DateField(source="round.closes_on")
    criteria = CriterionSerializer(source="round.plan.scheme.criteria", many=True)
    scores = ScoreSerializer(many=True)

    class Meta:
        model = Evaluation
        fields = [
            "id",
            "round",
            "placement",
            "student",
            "side",
            "evaluator",
            "due_on",
            "closes_on",
            "criteria",
            "scores",
            "comment",
            "submitted_at",
        ]


class SubmitInput(serializers.Serializer):
    scores = serializers.DictField(
        child=serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100),
        help_text="Points from 0 to 100 by the id of their criterion; all criteria of the sheet.",
    )
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")

    def validate_scores(self, scores: dict[str, Any]) -> dict[int, Any]:
        unknown = {key: ["The scheme has no such criterion."] for key in scores if not _is_id(key)}
        if unknown:
            raise serializers.ValidationError(unknown)
        return {int(key): points for key, points in scores.items()}


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 19


@extend_schema_view(
    list=extend_schema(summary="Sheets that you score or see, newest first"),
    retrieve=extend_schema(summary="One sheet"),
)
class EvaluationViewSet(ActorViewSet):
    queryset = Evaluation.objects.with_names().prefetch_related("round__plan__scheme__criteria", "scores__criterion")
    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilter
    input_serializers = {"submit": SubmitInput}

    @act_schema(EvaluationSerializer, request=SubmitInput, summary="Hand in your own sheet, for good")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        return self.answer(evaluation_submit(self.actor, evaluation_id=int(pk), **self.input()).pk)


class ResultSerializer(serializers.ModelSerializer):
    scheme = serializers.CharField(source="round.plan.scheme.title")
    due_on = serializers.DateField(source="round.due_on")
    closed_at = serializers.DateTimeField(source="round.closed_at")
    student = serializers.CharField(source="placement.student.user.name")

    class Meta:
        model = PlacementResult
        fields = ["id", "round", "scheme", "due_on", "closed_at", "placement", "student", "score", "sheets"]


@extend_schema_view(
    list=extend_schema(summary="Weighted results of closed rounds, newest first"),
    retrieve=extend_schema(summary="One weighted result"),
)
class ResultViewSet(ActorViewSet):
    queryset = PlacementResult.objects.with_names()
    serializer_class = ResultSerializer
    filterset_class = ResultFilter


routes: list[tuple[str, type[GenericViewSet], str]] = [
    ("evaluation-schemes", EvaluationSchemeViewSet, "evaluation-scheme"),
    ("evaluation-plans", EvaluationPlanViewSet, "evaluation-plan"),
    ("evaluation-rounds", EvaluationRoundViewSet, "evaluation-round"),
    ("evaluations", EvaluationViewSet, "evaluation"),
    ("results", ResultViewSet, "result"),
]
