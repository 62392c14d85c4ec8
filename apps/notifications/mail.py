"""E-mail of deliveries: claim, commit, send, record."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .models import Delivery

logger = logging.getLogger(__name__)

BATCH = 50
MAX_ATTEMPTS = 10


def send_due(*, seconds: float = 8) -> int:
    """Send the mail that is due, for about ``seconds`` at most; returns how many were sent.

    A batch is taken under a lease (its own next ``mail_at``), so that no lock is held while a server is spoken to, and each
    mail is recorded by itself: a crash sends the open one again, the others wait until the lease ends. One bad address does
    not stop the others; a server that is away costs nobody an attempt.
    """
    until = monotonic() + min(seconds, settings.OUTBOX_LEASE_SECONDS / 2)
    sent = 0
    server = get_connection()
    try:
        while monotonic() < until and (ids := _claim()):
            server.open()
            sent += _send(server, ids, until)
    except OSError as error:
        logger.warning("the mail server cannot be reached: %s", type(error).__name__)
    finally:
        with suppress(OSError):
            server.close()
    return sent


def _claim() -> list[int]:
    now = timezone.now()
    with transaction.atomic():
        ids = list(
            Delivery.objects.mail_due(now)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("mail_at", "pk")
            .values_list("pk", flat=True)[:BATCH]
        )
        Delivery.objects.filter(pk__in=ids).update(mail_at=now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS))
    return ids


def _send(server: BaseEmailBackend, ids: list[int], until: float) -> int:
    """Send these; those for which no time is left are due again at once."""
    sent = 0
    for delivery in Delivery.objects.filter(pk__in=ids).select_related("user", "notification").order_by("pk"):
        if monotonic() > until:
            Delivery.objects.filter(pk=delivery.pk).update(mail_at=timezone.now())
            continue
        try:
            server.send_messages([_message(delivery)])
        except Exception as error:
            # Whatever is wrong with this one (an address, a text that cannot be a header), the others go on.
            logger.warning("mail of delivery %s failed: %s", delivery.pk, type(error).__name__)
            _postpone(delivery)
            server.close()
            server.open()
        else:
            Delivery.objects.filter(pk=delivery.pk).update(mail_state=Delivery.MailState.SENT)
            sent += 1
    return sent


def _message(delivery: Delivery) -> EmailMessage:
    notification, user = delivery.notification, delivery.user
    with translation.override(user.language):
        # A header is one line.
        text = " ".join(notification.text.split())
        body = _("%(name)s,\n\n%(text)s\n\nOpen it in the portal: %(url)s\n") % {
            "name": user.name,
            "text": text,
            "url": settings.SITE_URL + notification.url,
        }
    identity = hashlib.sha256(f"{notification.pk}:{user.pk}".encode()).hexdigest()[:32]
    return EmailMessage(
        subject=text if len(text) <= 100 else f"{text[:99]}…",
        body=body,
        to=[user.email],
        headers={"Message-ID": f"<{identity}@portal>"},
    )


def _postpone(delivery: Delivery) -> None:
    """Try again later, each time later, until it is given up."""
    attempts = delivery.mail_attempts + 1
    Delivery.objects.filter(pk=delivery.pk).update(
        mail_attempts=attempts,
        mail_at=timezone.now() + timedelta(seconds=30 * 2**attempts),
        mail_state=Delivery.MailState.FAILED if attempts >= MAX_ATTEMPTS else Delivery.MailState.WAITING,
    )
