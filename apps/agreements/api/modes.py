"""Modes of cooperation over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from apps.core.api import ActorViewSet

from ..models import Mode


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
