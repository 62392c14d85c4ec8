"""Saying that something happened, delivering it, reading it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone

from apps.core.actor import Actor
from apps.core.services import fetch, service
from apps.jobs.outbox import outbox_handler, outbox_send

from .kinds import kind_of
from .models import Delivery, Notification

TOPIC = "notifications.deliver"


def notify(kind: str, *, key: str, **payload: Any) -> None:
    """Say in the current transaction that people must be told. ``key`` names the event: a repeat reaches nobody twice."""
    kind_of(kind)
    outbox_send(TOPIC, kind=kind, key=f"{kind}:{key}", payload=payload)


@outbox_handler(TOPIC)
def deliver(message: dict[str, Any]) -> None:
    """Write the notification and a delivery for each recipient, set-based; a repeat adds nothing."""
    kind = kind_of(message["kind"])
    notification, _created = Notification.objects.get_or_create(
        key=message["key"],
        defaults={"kind": message["kind"], "params": kind.params(message["payload"])},
    )
    people = kind.recipients(message["payload"]).filter(is_active=True).order_by().values("id").distinct()
    _deliver_to(notification, people.query, mail=kind.mail)


def _deliver_to(notification: Notification, people: Any, *, mail: bool) -> None:
    try:
        sql, params = people.sql_with_params()
    except EmptyResultSet:  # nobody has to know any more
        return
    with connection.cursor() as cursor:
        cursor.execute(
            # Table and sub-select come from the ORM; values are parameters.
            f"""INSERT INTO {Delivery._meta.db_table} (notification_id, user_id, mail_state, mail_at, mail_attempts)
                SELECT %s, people.id, %s, %s, 0 FROM ({sql}) AS people
                ON CONFLICT (notification_id, user_id) DO NOTHING""",  # noqa: S608
            [
                notification.pk,
                Delivery.MailState.WAITING if mail else Delivery.MailState.NONE,
                timezone.now() if mail else None,
                *params,
            ],
        )


@service
def delivery_mark_read(actor: Actor, *, delivery_id: int) -> Delivery:
    """The person has read it; a repeat keeps the first time."""
    delivery = fetch(Delivery.objects.visible_to(actor).select_related("notification"), pk=delivery_id)
    if delivery.read_at is None:
        delivery.read_at = timezone.now()
        delivery.save(update_fields=["read_at"])
    return delivery


@service
def deliveries_mark_all_read(actor: Actor) -> int:
    """All of the person's own; returns how many were unread."""
    return Delivery.objects.visible_to(actor).unread().update(read_at=timezone.now())
