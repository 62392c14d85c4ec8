"""E-mail of deliveries: claim, commit, send, record."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .kinds import render_text
from .models import Delivery

logger = logging.getLogger(__name__)

BATCH = 200
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 10


def send_due(batch: int = BATCH) -> int:
    """Send the mail that is due, one batch; returns how many were sent. A crash may send the open one again.

    A batch is taken under a lease (its own next ``mail_at``), so that no lock is held while a server is spoken to.
    """
    now = timezone.now()
    with transaction.atomic():
        ids = list(
            Delivery.objects.mail_due(now)
            .select_for_update(skip_locked=True)
            .order_by("mail_at")
            .values_list("pk", flat=True)[:batch]
        )
        Delivery.objects.filter(pk__in=ids).update(mail_at=now + LEASE)
    if not ids:
        return 0
    sent = 0
    with get_connection() as server:
        for delivery in Delivery.objects.filter(pk__in=ids).select_related("user", "notification"):
            try:
                message = _message(delivery)
                message.connection = server
                message.send()
            except OSError as error:
                logger.warning("mail of delivery %s failed: %s", delivery.pk, type(error).__name__)
                _postpone(delivery)
            else:
                Delivery.objects.filter(pk=delivery.pk).update(mail_state=Delivery.MailState.SENT)
                sent += 1
    return sent


def _message(delivery: Delivery) -> EmailMessage:
    notification = delivery.notification
    with translation.override(delivery.user.language):
        text = render_text(notification.kind, notification.params)
        body = _("%(name)s,\n\n%(text)s\n\nOpen it in the portal: %(url)s\n") % {
            "name": delivery.user.name,
            "text": text,
            "url": settings.SITE_URL + notification.params["url"],
        }
        subject = text if len(text) <= 100 else f"{text[:99]}…"
    identity = hashlib.sha256(f"{delivery.notification_id}:{delivery.user_id}".encode()).hexdigest()[:32]
    return EmailMessage(
        subject=subject,
        body=body,
        to=[delivery.user.email],
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
