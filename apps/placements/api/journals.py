from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import ActorViewSet, act_schema
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate

from ..filters import JournalFilter
from ..models import Journal, JournalAnswer
from ..services import journal_answer, journal_submit


class JournalAnswerSerializer(serializers.ModelSerializer):
    tutor_name = serializers.CharField(source="tutor.user.name")

    class Meta:
        model = JournalAnswer
        fields = ["tutor", "tutor_name", "text", "answered_at"]


class JournalSerializer(serializers.ModelSerializer):
    """A student's week, with the tutors' answers."""

    answers = JournalAnswerSerializer(many=True)

    class Meta:
        model = Journal
        fields = ["id", "placement", "week_of", "work_done", "learnt", "reflection", "submitted_at", "answers"]


class JournalInput(serializers.Serializer):
    placement = serializers.IntegerField(help_text="Your placement.")
    week_of = serializers.DateField(help_text="The Monday of the week.")
    work_done = serializers.CharField(max_length=4000)
    learnt = serializers.CharField(max_length=4000)
    reflection = serializers.CharField(max_length=4000, allow_blank=True, default="")


class JournalAnswerInput(serializers.Serializer):
    text = serializers.CharField(max_length=4000)


@extend_schema_view(
    list=extend_schema(summary="Journals that you see, newest first"),
    retrieve=extend_schema(summary="One journal"),
)
class JournalViewSet(IdempotentCreate, ActorViewSet):
    queryset = Journal.objects.prefetch_related("answers__tutor__user")
    serializer_class = JournalSerializer
    filterset_class = JournalFilter
    input_serializers = {"create": JournalInput, "answer_journal": JournalAnswerInput}

    @act_schema(
        JournalSerializer,
        request=JournalInput,
        status=201,
        summary="Write the journal of a week",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        values = self.input()
        journal = journal_submit(self.actor, placement_id=values.pop("placement"), **values)
        return self.answer(journal.pk, status=201)

    @act_schema(JournalSerializer, request=JournalAnswerInput, summary="Answer a journal as its tutor")
    @action(detail=True, methods=["post"], url_path="answer", url_name="answer")
    def answer_journal(self, request: Request, pk: str) -> Response:
        return self.answer(journal_answer(self.actor, journal_id=int(pk), **self.input()).journal_id)
