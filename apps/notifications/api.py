"""A person's notifications over REST."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema

from .filters import DeliveryFilter
from .models import Delivery
from .services import deliveries_mark_all_read, delivery_mark_read


class NotificationSerializer(serializers.ModelSerializer):
    kind = serializers.CharField(source="notification.kind")
    text = serializers.SerializerMethodField(help_text="In the person's language.")
    url = serializers.CharField(source="notification.url", help_text="Path of the page that it is about.")
    created_at = serializers.DateTimeField(source="notification.created_at")

    class Meta:
        model = Delivery
        fields = ["id", "kind", "text", "url", "created_at", "read_at"]

    def get_text(self, delivery: Delivery) -> str:
        with translation.override(self.context["request"].user.language):
            return delivery.notification.text


class UnreadCountSerializer(serializers.Serializer):
    unread = serializers.IntegerField()


class ReadAllSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread.")


@extend_schema_view(
    list=extend_schema(summary="Your notifications, newest first"),
    retrieve=extend_schema(summary="One notification"),
)
class NotificationViewSet(ActorViewSet):
    """What you were told, whatever membership you act in."""

    queryset = Delivery.objects.select_related("notification")
    serializer_class = NotificationSerializer
    filterset_class = DeliveryFilter

    @extend_schema(responses=UnreadCountSerializer, summary="How many are unread")
    @action(detail=False, url_path="unread-count", filterset_class=None, pagination_class=None)
    def unread_count(self, request: Request) -> Response:
        return Response({"unread": Delivery.objects.visible_to(self.actor).unread().count()})

    @act_schema(NotificationSerializer, summary="Mark one as read")
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        return self.answer(delivery_mark_read(self.actor, delivery_id=int(pk)).pk)

    @act_schema(ReadAllSerializer, summary="Mark all as read")
    @action(detail=False, methods=["post"], url_path="read-all", filterset_class=None, pagination_class=None)
    def read_all(self, request: Request) -> Response:
        return Response({"read": deliveries_mark_all_read(self.actor)})


routes: list[tuple[str, Any, str]] = [("notifications", NotificationViewSet, "notifications")]
