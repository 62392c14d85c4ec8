"""The history of an object over REST, read only."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api import problem_responses
from apps.core.lists import keyset_page
from apps.core.rest import actor_of

from .changes import entries_of
from .registry import Trail, trails
from .views import readable


class ChangeSerializer(serializers.Serializer):
    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the member's name is fixed by our API
    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField(allow_blank=True)
    masked = serializers.BooleanField(help_text="The field changed; how is not told.")


class EntrySerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    who = serializers.CharField(source="who.name")
    acting_as = serializers.CharField(source="who.acting_as")
    what = serializers.CharField()
    changes = ChangeSerializer(many=True)


class HistoryViewSet(ViewSet):
    """Who changed what, when, as whom."""

    lookup_value_regex = r"\d+"
    trail: Trail

    @extend_schema(
        summary="The newest 50 changes of this object, or those before one",
        parameters=[OpenApiParameter("before", int, description="Id of the oldest change that you have.")],
        responses={200: EntrySerializer(many=True), **problem_responses(401, 403, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        actor = actor_of(request)
        row = readable(actor, self.trail, int(pk))
        events = self.trail.events(row).select_related("pgh_context")
        page = keyset_page(events, request._request)
        return Response(EntrySerializer(entries_of(actor, self.trail, row, page.rows), many=True).data)


routes: list[tuple[str, Any, str]] = [
    (
        f"history/{trail.name}",
        type(f"{trail.name}_history", (HistoryViewSet,), {"trail": trail}),
        f"history_{trail.name}",
    )
    for trail in trails()
]
