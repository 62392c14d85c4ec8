"""Organizations over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from apps.core.api import ActorViewSet

from .filters import MembershipFilter, OrganizationFilter
from .models import Membership, Organization


class OrganizationSerializer(serializers.ModelSerializer):
    region_name = serializers.CharField(source="region.name", default="", help_text="In Chinese.")

    class Meta:
        model = Organization
        fields = ["id", "code", "name", "name_en", "kind", "country", "region", "region_name"]


@extend_schema_view(
    list=extend_schema(summary="Organizations, newest first; the code names one in other requests"),
    retrieve=extend_schema(summary="One organization"),
)
class OrganizationViewSet(ActorViewSet):
    """Parties with whom agreements can be made. Everyone who belongs to one sees all."""

    queryset = Organization.objects.select_related("region")
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ["id", "name", "role", "title", "started_at"]


@extend_schema_view(
    list=extend_schema(summary="Current members of your organization, newest first; the id names a tutor elsewhere"),
    retrieve=extend_schema(summary="One member"),
)
class MemberViewSet(ActorViewSet):
    """Who belongs to the acting organization, to those who arrange its placements; to everyone else, they themselves."""

    queryset = Membership.objects.current().select_related("user")
    serializer_class = MemberSerializer
    filterset_class = MembershipFilter


routes: list[tuple[str, Any, str]] = [
    ("organizations", OrganizationViewSet, "organizations"),
    ("members", MemberViewSet, "member"),
]
