"""Organizations over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema

from .filters import MembershipFilter, OrganizationFilter
from .models import ApiToken, Membership, Organization
from .rights_api import RightsViewSet
from .tokens import token_revoke


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


class TokenSerializer(serializers.ModelSerializer):
    member = serializers.CharField(source="membership.user.name")

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "scope",
            "membership",
            "member",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_address",
            "revoked_at",
        ]


@extend_schema_view(
    list=extend_schema(summary="API tokens of your organization, or your own; newest first"),
    retrieve=extend_schema(summary="One API token, without its secret"),
)
class TokenViewSet(ActorViewSet):
    """Tokens are made on the page of the portal alone, by an administrator who just gave their second factor."""

    queryset = ApiToken.objects.select_related("membership__user")
    serializer_class = TokenSerializer

    @act_schema(TokenSerializer, summary="Revoke a token; it is refused from the next request on")
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        token_revoke(self.actor, token_id=int(pk))
        return self.answer(int(pk))


routes: list[tuple[str, Any, str]] = [
    ("tokens", TokenViewSet, "token"),
    ("organizations", OrganizationViewSet, "organizations"),
    ("members", MemberViewSet, "member"),
    ("rights", RightsViewSet, "right"),
]
