"""Entries of the ledger, and the shares that the parties agree on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, require_reason, save_valid, service
from apps.core.uploads import stored_name

from ..models import Agreement, LedgerEntry
from ..policies import can_record, can_void

Shares = dict[int, tuple[Decimal, Decimal]]
"""By party: per cent of the benefits, per cent of the risks."""


@service
def ledger_record(
    actor: Actor,
    *,
    agreement_id: int,
    side: str,
    category: str,
    amount: Decimal,
    unit: str,
    day: date,
    note: str,
    stage: str = LedgerEntry.Stage.ACTUAL,
    horizon: str = LedgerEntry.Horizon.SHORT,
    value: Decimal | None = None,
    evidence: UploadedFile | None = None,
) -> LedgerEntry:
    """What the acting organization put in or got out; all parties see it. A repeat makes another entry.

    ``WrongState`` before the agreement was in force; ``ValidationError`` for an actual entry in the future. Entries may follow
    after the end: benefits come late.
    """
    agreement = fetch(Agreement.objects.visible_to(actor), pk=agreement_id)
    if agreement.in_force_at is None:
        raise WrongState(_("The ledger opens when all parties have signed."))
    can_record(actor, agreement).require()
    if stage == LedgerEntry.Stage.ACTUAL and day > timezone.localdate():
        raise ValidationError({"day": _("What is actual lies not in the future. Record it as planned.")})
    entry = LedgerEntry(
        agreement=agreement,
        party=agreement.parties.get(organization_id=actor.organization_id),
        side=side,
        category=category,
        stage=stage,
        horizon=horizon,
        amount=amount,
        unit=unit,
        value=value,
        day=day,
        note=note,
        recorded_by_id=actor.membership_id,
    )
    if evidence is not None:
        entry.evidence_name = evidence.name or ""
        entry.evidence.save(stored_name(entry.evidence_name), evidence, save=False)
    save_valid(entry)
    return entry


@service
def ledger_void(actor: Actor, *, entry_id: int, reason: str) -> LedgerEntry:
    """The entry counts no more and stays to be read, with the reason. A repeat changes nothing."""
    entry = fetch_locked(LedgerEntry.objects.visible_to(actor), pk=entry_id)
    can_void(actor, entry).require()
    if entry.voided_at is None:
        entry.void_reason = require_reason(reason)
        entry.voided_at = timezone.now()
        save_valid(entry)
    return entry
