"""What is over and done with leaves the tables."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from .models import IdempotentAnswer, OutboxMessage

KEEP_DAYS = 30


def prune(days: int = KEEP_DAYS) -> int:
    """Delete messages that were done, and answers that were given, more than ``days`` ago; returns how many.

    Messages that wait or were given up stay. A repeat finds nothing.
    """
    before = timezone.now() - timedelta(days=days)
    messages, _by_model = OutboxMessage.objects.filter(done_at__lt=before).delete()
    answers, _by_model = IdempotentAnswer.objects.filter(created_at__lt=before).delete()
    return messages + answers
