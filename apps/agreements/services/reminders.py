"""Who has to be reminded of what: found by a query, told once each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from apps.core.actor import Actor
from apps.core.services import service
from apps.jobs.models import OutboxMessage
from apps.notifications.models import Notification
from apps.notifications.services import notify

from ..models import Agreement, AgreementVersion, Obligation
from ..turns import since_of

EXPIRY_DAYS = (Agreement.ENDS_SOON.days, 30, 7)
DUE_DAYS = 7
UNSIGNED_DAYS = 7
"""After so many days without a signature, and again after as many more, who must sign is reminded."""
BATCH = 500

Reminder = tuple[str, str, dict[str, int]]
"""Kind of notification, key of the occasion, payload."""


@service
def reminders_send(actor: Actor, *, today: date | None = None) -> int:
    """Say what ends, is due, is late or is not signed; returns how many notices were begun. A repeat on the same day begins none.

    An agreement is announced at 90, 30 and 7 days before its end, and a signature that is missing every seven days: after a pause
    only the last of those that were missed.
    """
    today = today or timezone.localdate()
    found = {
        f"{kind}:{key}": (kind, key, payload)
        for kind, key, payload in (*_ending(today), *_owed(today), *_unsigned(today))
    }
    told = set(Notification.objects.filter(key__in=found).values_list("key", flat=True))
    told |= set(
        OutboxMessage.objects.filter(done_at=None, payload__key__in=list(found)).values_list("payload__key", flat=True)
    )
    for name, (kind, key, payload) in found.items():
        if name not in told:
            notify(kind, key=key, **payload)
    return len(found) - len(told)


def _ending(today: date) -> Iterator[Reminder]:
    """Those that end by themselves; of an early end all were told when notice was given."""
    ending = Agreement.objects.in_force_on(today).filter(
        ends_on__lte=today + timedelta(days=EXPIRY_DAYS[0]), notice_given_at=None
    )
    for agreement in ending:
        step = min(days for days in EXPIRY_DAYS if (agreement.ends_on - today).days <= days)
        yield "agreement_expiring", f"{agreement.pk}:{agreement.ends_on}:{step}", {"agreement": agreement.pk}


def _owed(today: date) -> Iterator[Reminder]:
    owed = Obligation.objects.binding().filter(state=Obligation.State.OWED)
    for kind, duties in (
        ("obligation_due", owed.filter(due_on__range=(today, today + timedelta(days=DUE_DAYS)))),
        ("obligation_late", owed.filter(due_on__lt=today)),
    ):
        for duty in duties:
            yield kind, f"{duty.pk}:{duty.due_on}", {"obligation": duty.pk}


def _unsigned(today: date) -> Iterator[Reminder]:
    """Whose turn it has been for a week or more. Of who signs by a link their side is told: it can send another."""
    before = today - timedelta(days=UNSIGNED_DAYS - 1)
    waiting = AgreementVersion.objects.filter(
        state=AgreementVersion.State.AWAITING_SIGNATURES, submitted_at__date__lt=before, sign_until__gte=today
    )
    for version in waiting.whole().order_by("pk").iterator(chunk_size=BATCH):
        for signer in version.waiting():
            since = since_of(version, signer)
            weeks = (today - timezone.localdate(since)).days // UNSIGNED_DAYS if since else 0
            if weeks:
                kind = "signature_missing_outside" if signer.email else "signature_missing"
                yield kind, f"{signer.pk}:{version.revision}:{weeks}", {"signer": signer.pk}
