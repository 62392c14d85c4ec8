"""What the parties owe, followed while the agreement is in force."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, move, require_reason, save_valid, service
from apps.notifications.services import notify

from ..models import Obligation
from ..policies import can_report, can_settle


@service
def obligation_report(actor: Actor, *, obligation_id: int, note: str) -> Obligation:
    """The party that owes it says that it is fulfilled, and how; the others are asked to confirm. A repeat changes nothing."""
    row = _binding(actor, obligation_id)
    can_report(actor, row).require()
    if row.state == Obligation.State.REPORTED:
        return row
    move(row.report, require_reason(note, "note"))
    save_valid(row)
    notify("obligation_reported", key=f"{row.pk}:{row.reported_at.isoformat()}", obligation=row.pk)  # type: ignore[union-attr]  # set by the transition
    return row


@service
def obligation_confirm(actor: Actor, *, obligation_id: int) -> Obligation:
    """Another party agrees that it is fulfilled. A repeat changes nothing."""
    row = _binding(actor, obligation_id)
    can_settle(actor, row).require()
    if row.state == Obligation.State.DONE:
        return row
    move(row.confirm, actor.membership_id)
    save_valid(row)
    return row


@service
def obligation_dispute(actor: Actor, *, obligation_id: int, reason: str) -> Obligation:
    """Another party does not agree that it is fulfilled: it is owed again, and who owes it is told why."""
    row = _binding(actor, obligation_id)
    can_settle(actor, row).require()
    reported_at = row.reported_at
    move(row.dispute, require_reason(reason))
    save_valid(row)
    notify("obligation_disputed", key=f"{row.pk}:{reported_at}", obligation=row.pk)
    return row


@service
def obligation_waive(actor: Actor, *, obligation_id: int, reason: str) -> Obligation:
    """Another party gives up its claim, with a reason that all parties read. A repeat changes nothing."""
    row = _binding(actor, obligation_id)
    can_settle(actor, row).require()
    if row.state == Obligation.State.WAIVED:
        return row
    move(row.waive, require_reason(reason), actor.membership_id)
    save_valid(row)
    return row


def _binding(actor: Actor, obligation_id: int) -> Obligation:
    row = fetch_locked(Obligation.objects.visible_to(actor), pk=obligation_id)
    if row.agreement.in_force_at is None:
        raise WrongState(_("Nothing is owed before all parties have signed."))
    return row
