"""The outbox: send in the business transaction, relay under a lease, handle at least once.

A handler runs in one transaction with the mark that it is done, so what it writes to the database happens exactly once. A
worker that dies leaves the message under its lease; after ``OUTBOX_LEASE_SECONDS`` the next relay takes it again. A message
that failed, or took its worker with it, ``MAX_ATTEMPTS`` times is given up and shown to the platform's staff.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from .models import OutboxMessage

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], None]
MAX_ATTEMPTS = 5
_handlers: dict[str, Handler] = {}


def outbox_handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the one handler of a topic. It runs in a transaction of its own and must stand being run again."""

    def register(handler: Handler) -> Handler:
        if topic in _handlers:
            raise ValueError(f"two handlers for {topic}")
        _handlers[topic] = handler
        return handler

    return register


def outbox_send(topic: str, **payload: Any) -> OutboxMessage:
    """Say, in the current transaction, that this must happen. ``payload``: ids and plain values, no personal data."""
    if not connection.in_atomic_block:
        raise RuntimeError("outbox_send belongs in the transaction that causes the message")
    return OutboxMessage.objects.create(topic=topic, payload=payload)


def outbox_relay(limit: int = 1000) -> int:
    """Handle up to ``limit`` waiting messages; returns how many were done. Safe to run in any number of workers."""
    _give_up_deadly()
    done = 0
    for _turn in range(limit):
        message = _claim()
        if message is None:
            break
        done += _handle(message)
    return done


def _claim() -> OutboxMessage | None:
    """Take the oldest waiting message under a lease, which is its own next ``available_at``."""
    now = timezone.now()
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(done_at=None, failed_at=None, available_at__lte=now)
            .order_by("available_at", "pk")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        message.available_at = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        message.save(update_fields=["attempts", "available_at"])
    return message


def _give_up_deadly() -> None:
    """A handler whose worker died each time would otherwise kill workers for ever."""
    now = timezone.now()
    with transaction.atomic():
        spent = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(done_at=None, failed_at=None, available_at__lte=now, attempts__gte=MAX_ATTEMPTS)
            .values_list("pk", flat=True)
        )
        OutboxMessage.objects.filter(pk__in=list(spent)).update(failed_at=now, error="lease expired")


def _handle(message: OutboxMessage) -> bool:
    try:
        with transaction.atomic():
            # The row is locked while its handler runs: a relay that finds the lease expired skips it.
            current = OutboxMessage.objects.select_for_update().get(pk=message.pk)
            if current.done_at is not None or current.attempts != message.attempts:
                return False
            _handlers[current.topic](current.payload)
            current.done_at = timezone.now()
            current.error = ""
            current.save(update_fields=["done_at", "error"])
    except Exception as error:
        # Whatever a handler raises, the others go on and this one is tried again, later each time.
        logger.exception("outbox message %s (%s) failed", message.pk, message.topic)
        _postpone(message, error)
        return False
    return True


def _postpone(message: OutboxMessage, error: Exception) -> None:
    now = timezone.now()
    given_up = message.attempts >= MAX_ATTEMPTS
    OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts).update(
        error=type(error).__name__,
        available_at=now + timedelta(seconds=10 * 2**message.attempts),
        failed_at=now if given_up else None,
    )
