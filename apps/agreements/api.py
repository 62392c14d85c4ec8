"""Agreements over REST."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate
from apps.organizations.models import Organization

from .filters import AgreementFilter, LedgerFilter
from .models import Agreement, AgreementParty, LedgerEntry, Mode
from .policies import can_draft
from .services import (
    agreement_draft,
    agreement_sign,
    agreement_submit,
    agreement_terminate,
    ledger_record,
    ledger_void,
)


class PartySerializer(serializers.ModelSerializer):
    organization = serializers.CharField(source="organization.code", default=None)
    name = serializers.CharField(source="__str__")

    class Meta:
        model = AgreementParty
        fields = ["organization", "name"]


class AgreementSerializer(serializers.ModelSerializer):
    """An agreement."""

    parties = PartySerializer(many=True)

    class Meta:
        model = Agreement
        fields = [
            "id",
            "number",
            "title",
            "mode",
            "starts_on",
            "ends_on",
            "state",
            "parties",
            "in_force_at",
            "last_day",
            "ended_at",
        ]


class AgreementInput(serializers.ModelSerializer):
    mode = serializers.CharField(max_length=30, help_text="Code of a mode of cooperation.")
    parties = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of the other organizations.", allow_empty=False
    )

    class Meta:
        model = Agreement
        fields = ["title", "mode", "starts_on", "ends_on", "parties"]
        validators: list[Any] = []


class SignInput(serializers.Serializer):
    content_hash = serializers.CharField(help_text="The hash of the content that was read.")


class ReasonInput(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class TerminateInput(ReasonInput):
    cause = serializers.ChoiceField(Agreement.Cause.choices)
    settlement = serializers.CharField(max_length=4000, required=False)
    last_day = serializers.DateField(required=False)


@extend_schema_view(
    list=extend_schema(summary="Agreements that you see, newest first"),
    retrieve=extend_schema(summary="One agreement"),
)
class AgreementViewSet(IdempotentCreate, ActorViewSet):
    queryset = Agreement.objects.prefetch_related("parties__organization", "parties__student__user")
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    input_serializers = {"create": AgreementInput, "sign": SignInput, "terminate": TerminateInput}

    @act_schema(
        AgreementSerializer,
        request=AgreementInput,
        status=201,
        summary="Draft an agreement",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        can_draft(self.actor).require()
        values = self.input()
        codes = set(values.pop("parties"))
        ids = Organization.objects.visible_to(self.actor).filter(code__in=codes).values_list("pk", flat=True)
        if len(ids) != len(codes):
            raise ValidationError({"parties": _("One of these organizations does not exist.")})
        agreement = agreement_draft(self.actor, party_ids=list(ids), **values)
        return self.answer(agreement.pk, status=201)

    @act_schema(AgreementSerializer, summary="Submit a draft for signature")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        return self.answer(agreement_submit(self.actor, agreement_id=int(pk)).agreement_id)

    @act_schema(AgreementSerializer, request=SignInput, summary="Sign for your organization")
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        agreement_sign(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(int(pk))

    @act_schema(AgreementSerializer, request=TerminateInput, summary="End an agreement early")
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, pk: str) -> Response:
        return self.answer(agreement_terminate(self.actor, agreement_id=int(pk), **self.input()).pk)


class LedgerEntrySerializer(serializers.ModelSerializer):
    organization = serializers.CharField(source="party.organization.code")

    class Meta:
        model = LedgerEntry
        fields = [
            "id",
            "agreement",
            "organization",
            "side",
            "category",
            "stage",
            "horizon",
            "amount",
            "unit",
            "value",
            "day",
            "note",
            "recorded_at",
            "voided_at",
            "void_reason",
        ]


class LedgerEntryInput(serializers.ModelSerializer):
    class Meta:
        model = LedgerEntry
        fields = ["agreement", "side", "category", "stage", "horizon", "amount", "unit", "value", "day", "note"]
        extra_kwargs = {name: {"required": True} for name in ("day", "unit")}

    agreement = serializers.IntegerField()


@extend_schema_view(
    list=extend_schema(summary="Contributions and benefits under the agreements that you see, newest first"),
    retrieve=extend_schema(summary="One entry of the ledger"),
)
class LedgerEntryViewSet(IdempotentCreate, ActorViewSet):
    """What each party put in and got out. Each party writes its own side; all parties read all."""

    queryset = LedgerEntry.objects.select_related("party__organization")
    serializer_class = LedgerEntrySerializer
    filterset_class = LedgerFilter
    input_serializers = {"create": LedgerEntryInput, "void": ReasonInput}

    @act_schema(
        LedgerEntrySerializer,
        request=LedgerEntryInput,
        status=201,
        summary="Add to the ledger",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        entry = ledger_record(self.actor, agreement_id=values.pop("agreement"), **values)
        return self.answer(entry.pk, status=201)

    @act_schema(LedgerEntrySerializer, request=ReasonInput, summary="Void an entry of yours")
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        return self.answer(ledger_void(self.actor, entry_id=int(pk), **self.input()).pk)


class ModeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Mode
        fields = [
            "code",
            "name",
            "name_en",
            "summary",
            "summary_en",
            "party_kinds",
            "required_clauses",
            "signing",
            "signing_order",
            "shortest_months",
            "longest_months",
            "opens",
        ]


@extend_schema_view(
    list=extend_schema(summary="Modes of cooperation: what an agreement can be for, and what each asks"),
    retrieve=extend_schema(summary="One mode of cooperation"),
)
class ModeViewSet(ActorViewSet):
    """The portal's modes and your organization's own."""

    queryset = Mode.objects.in_use()
    serializer_class = ModeSerializer
    lookup_value_regex = r"[a-z0-9_]+"


routes = [
    ("agreements", AgreementViewSet, "agreement"),
    ("agreement-modes", ModeViewSet, "agreement-mode"),
    ("ledger-entries", LedgerEntryViewSet, "ledger-entry"),
]
