"""One's own data over REST: what is held, and the consents. Giving and withdrawing take a person's session, no token."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.accounts.models import User
from apps.core.api import ActorViewSet, act_schema, problem_responses
from apps.core.errors import NotAllowed
from apps.core.rest import actor_of
from apps.core.services import fetch

from .models import Consent
from .services import consent_give, consent_withdraw
from .summary import summary


class HeldSerializer(serializers.Serializer):
    """One kind of data that the portal holds about you."""

    area = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()
    how_long = serializers.CharField()
    copy_and_erasure = serializers.CharField()
    count = serializers.IntegerField(help_text="How many rows are about you.")


class OwnDataViewSet(ViewSet):
    @extend_schema(
        summary="What the portal holds about you, why, and how long",
        responses={200: HeldSerializer(many=True), **problem_responses(401)},
        operation_id="own_data_list",
    )
    def list(self, request: Request) -> Response:
        person = fetch(User.objects.all(), pk=actor_of(request).user_id)
        lines = [
            {
                "area": group.title,
                "what": line.name,
                "why": str(line.why),
                "how_long": line.how_long,
                "copy_and_erasure": str(line.act),
                "count": line.count,
            }
            for group in summary(person)
            for line in group.lines
        ]
        return Response(lines)


class ConsentSerializer(serializers.ModelSerializer):
    purpose = serializers.CharField(source="text.purpose")
    version = serializers.IntegerField(source="text.version")
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = Consent
        fields = ["id", "purpose", "version", "is_current", "channel", "given_at", "withdrawn_at"]

    def get_is_current(self, consent: Consent) -> bool:
        return consent.withdrawn_at is None and consent.text.superseded_at is None


class ConsentInput(serializers.Serializer):
    text = serializers.IntegerField(min_value=1, help_text="The version of the text that the person has read, by id.")


@extend_schema_view(
    list=extend_schema(summary="Your consents, newest first"),
    retrieve=extend_schema(summary="One of your consents"),
)
class ConsentViewSet(ActorViewSet):
    queryset = Consent.objects.select_related("text")
    serializer_class = ConsentSerializer
    input_serializers = {"create": ConsentInput}

    @act_schema(ConsentSerializer, request=ConsentInput, status=201, summary="Agree to a text (session only)")
    def create(self, request: Request) -> Response:
        values = self.input()
        self._require_person()
        return self.answer(consent_give(self.actor, text_id=values["text"]).pk, status=201)

    @act_schema(ConsentSerializer, summary="Withdraw a consent (session only)")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        self._require_person()
        return self.answer(consent_withdraw(self.actor, consent_id=int(pk)).pk)

    def _require_person(self) -> None:
        """A token may have been made by somebody else than the person."""
        if not isinstance(self.request.successful_authenticator, SessionAuthentication):
            raise NotAllowed(_("A token cannot decide for a person: sign in."))


routes: list[tuple[str, Any, str]] = [
    ("own-data", OwnDataViewSet, "own-data"),
    ("consents", ConsentViewSet, "consent"),
]
