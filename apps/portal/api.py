"""The home page over REST."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import problem_responses
from apps.core.rest import actor_of
from apps.notifications.models import Delivery

from .queue import queue_of


class QueueItemSerializer(serializers.Serializer):
    title = serializers.CharField()
    meta = serializers.CharField()
    url = serializers.CharField(help_text="Path of the page where the act is.")
    action = serializers.CharField()
    tone = serializers.ChoiceField(["danger", "warning", "info", "neutral"])
    due = serializers.DateField(allow_null=True)
    since = serializers.CharField(allow_null=True)


class HomeSerializer(serializers.Serializer):
    organization = serializers.IntegerField()
    role = serializers.CharField()
    unread_count = serializers.IntegerField()
    queue = QueueItemSerializer(many=True)


class HomeView(APIView):
    @extend_schema(
        summary="What waits for you, most urgent first",
        responses={200: HomeSerializer, **problem_responses(401)},
        operation_id="home_retrieve",
    )
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        return Response(
            {
                "organization": actor.organization_id,
                "role": actor.role,
                "unread_count": Delivery.objects.visible_to(actor).unread().count(),
                "queue": [
                    {
                        "title": item.title,
                        "meta": item.meta,
                        "url": item.url,
                        "action": item.action,
                        "tone": item.tone,
                        "due": item.due,
                        "since": item.since,
                    }
                    for item in queue_of(actor)
                ],
            }
        )


urlpatterns = [path("home/", HomeView.as_view(), name="home")]
