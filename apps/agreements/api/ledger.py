"""The ledger over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from ..filters import LedgerFilter
from ..models import LedgerEntry
from ..services import ledger_record, ledger_void
from .fields import ReasonInput


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
