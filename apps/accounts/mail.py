"""Mail to addresses: written with the act that causes it, sent by the worker."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from .models import QueuedMail

logger = logging.getLogger(__name__)

BATCH = 20
MAX_ATTEMPTS = 10
KEEP_DAYS = 30


def queue_mail(*, to: str, subject: str, body: str) -> None:
    """Have a mail sent once the current transaction is there; nothing is sent when it is rolled back.

    The address and the text stand in this row alone, never in a log or an argument of a task.
    """
    QueuedMail.objects.create(to=to, subject=" ".join(subject.split())[:200], body=body)


def send_due(*, seconds: float = 2) -> int:
    """Send the mail that is due, for about ``seconds`` at most; returns how many were sent.

    Each is claimed under a lease (its own next ``due_at``) before a server is spoken to, and recorded by itself. A mail that
    fails is tried again ever later and given up at last; a server that is away costs nobody an attempt.
    """
    until = monotonic() + seconds
    sent = 0
    server = get_connection()
    try:
        while monotonic() < until and (mails := _claim()):
            server.open()
            for mail in mails:
                sent += _send(server, mail)
    except OSError as error:
        logger.warning("the mail server cannot be reached: %s", type(error).__name__)
    finally:
        with suppress(OSError):
            server.close()
    return sent


def prune_mail(days: int = KEEP_DAYS) -> int:
    """Delete what was sent more than ``days`` ago; returns how many. What was given up stays until somebody deletes it."""
    count, _by_model = QueuedMail.objects.filter(sent_at__lt=timezone.now() - timedelta(days=days)).delete()
    return count


def _claim() -> list[QueuedMail]:
    now = timezone.now()
    with transaction.atomic():
        mails = list(QueuedMail.objects.due(now).select_for_update(skip_locked=True).order_by("due_at", "pk")[:BATCH])
        lease = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        QueuedMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(due_at=lease)
    return mails


def _send(server: BaseEmailBackend, mail: QueuedMail) -> int:
    message = EmailMessage(mail.subject, mail.body, to=[mail.to], headers={"Message-ID": f"<mail-{mail.pk}@portal>"})
    row = QueuedMail.objects.filter(pk=mail.pk)
    try:
        server.send_messages([message])
    except Exception as error:
        # Whatever is wrong with this one (an address, a text that cannot be a header), the others go on.
        logger.warning("mail %s failed: %s", mail.pk, type(error).__name__)
        _postpone(mail, error)
        server.close()
        server.open()
        return 0
    return row.update(state=QueuedMail.State.SENT, body="", sent_at=timezone.now(), error="")


def _postpone(mail: QueuedMail, error: Exception) -> None:
    attempts = mail.attempts + 1
    QueuedMail.objects.filter(pk=mail.pk).update(
        attempts=attempts,
        due_at=timezone.now() + timedelta(seconds=15 * 2**attempts),
        state=QueuedMail.State.FAILED if attempts >= MAX_ATTEMPTS else QueuedMail.State.WAITING,
        error=type(error).__name__[:100],
    )
