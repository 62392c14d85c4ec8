"""Organizations over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from .filters import InvitationFilter, MembershipFilter, OrganizationFilter
from .models import ApiToken, Invitation, Membership, Organization, Role, Unit
from .rights_api import RightsViewSet
from .services import invitation_create, invitation_resend, invitation_revoke
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
        fields = ["id", "name", "role", "title", "unit", "started_at"]


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


class UnitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Unit
        fields = ["id", "name", "name_en", "parent"]


@extend_schema_view(
    list=extend_schema(summary="Units of your organization, newest first; the parent names the unit above"),
    retrieve=extend_schema(summary="One unit"),
)
class UnitViewSet(ActorViewSet):
    """The open units of the acting organization, to everyone who belongs to it."""

    queryset = Unit.objects.open()
    serializer_class = UnitSerializer


class InvitationSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=Invitation.State.choices)

    class Meta:
        model = Invitation
        fields = ["id", "email", "purpose", "role", "name", "title", "unit", "state", "created_at", "expires_at"]


class InvitationInput(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    unit = serializers.IntegerField(required=False, allow_null=True, help_text="Id of a unit of your organization.")


@extend_schema_view(
    list=extend_schema(summary="Invitations of your organization, newest first, for its administrators"),
    retrieve=extend_schema(summary="One invitation, without its key"),
)
class InvitationViewSet(IdempotentCreate, ActorViewSet):
    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    filterset_class = InvitationFilter
    input_serializers = {"create": InvitationInput}

    @act_schema(
        InvitationSerializer,
        request=InvitationInput,
        status=201,
        summary="Invite somebody to become a member; an open invitation is returned and sends nothing",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        invitation = invitation_create(self.actor, unit_id=values.pop("unit", None), **values)
        return self.answer(invitation.pk, status=201)

    @act_schema(InvitationSerializer, summary="Send a new key, which makes the old one worthless")
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        return self.answer(invitation_resend(self.actor, invitation_id=int(pk)).pk)

    @act_schema(InvitationSerializer, summary="Revoke an invitation")
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        return self.answer(invitation_revoke(self.actor, invitation_id=int(pk)).pk)


routes: list[tuple[str, Any, str]] = [
    ("tokens", TokenViewSet, "token"),
    ("organizations", OrganizationViewSet, "organizations"),
    ("members", MemberViewSet, "member"),
    ("units", UnitViewSet, "unit"),
    ("invitations", InvitationViewSet, "invitation"),
    ("rights", RightsViewSet, "right"),
]
