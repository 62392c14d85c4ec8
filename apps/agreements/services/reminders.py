"""Who has to be reminded of what: found by a query, told once each."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from apps.core.actor import Actor
from apps.core.services import service
from apps.jobs.models import OutboxMessage
from apps.notifications.models import Notification
from apps.notifications.services import notify

from ..models import Agreement, Obligation

EXPIRY_DAYS = (90, 30, 7)
DUE_DAYS = 7


@service
def reminders_send(actor: Actor, *, today: date | None = None) -> int:
    """Say what ends, is due, or is late; returns how many notices were begun. A repeat on the same day begins none.

    An agreement is announced at 90, 30 and 7 days before its end: after a pause only the nearest of those that were missed.
    """
    today = today or timezone.localdate()
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for agreement in Agreement.objects.in_force_on(today).filter(ends_on__lte=today + timedelta(days=EXPIRY_DAYS[0])):
        step = min(days for days in EXPIRY_DAYS if (agreement.ends_on - today).days <= days)
        key = f"{agreement.pk}:{agreement.ends_on}:{step}"
        found[f"agreement_expiring:{key}"] = key, {"agreement": agreement.pk}
    owed = Obligation.objects.binding().filter(state=Obligation.State.OWED)
    for kind, duties in (
        ("obligation_due", owed.filter(due_on__range=(today, today + timedelta(days=DUE_DAYS)))),
        ("obligation_late", owed.filter(due_on__lt=today)),
    ):
        for duty in duties:
            key = f"{duty.pk}:{duty.due_on}"
            found[f"{kind}:{key}"] = key, {"obligation": duty.pk}
    told = set(Notification.objects.filter(key__in=found).values_list("key", flat=True))
    told |= set(
        OutboxMessage.objects.filter(done_at=None, payload__key__in=list(found)).values_list("payload__key", flat=True)
    )
    for name, (key, payload) in found.items():
        if name not in told:
            notify(name.split(":")[0], key=key, **payload)
    return len(found) - len(told)
