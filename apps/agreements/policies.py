"""May this actor do this to this agreement?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.policies import holds

from .models import Agreement, LedgerEntry, Mode, Obligation


def can_draft(actor: Actor) -> Decision:
    if actor.is_member and actor.may("manage_agreements"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators draft agreements."))


def can_edit(actor: Actor, agreement: Agreement) -> Decision:
    """The drafting organization edits and submits its draft."""
    if actor.may("manage_agreements") and actor.organization_id == agreement.drafted_by_id:
        return ALLOWED
    return Decision(False, _("Only the organization that drafted the agreement changes its draft."))


def can_sign(actor: Actor, agreement: Agreement) -> Decision:
    """Guardian's grant on this one agreement, given to the signing roles of its parties when it was submitted."""
    if actor.may("sign_agreements") and holds(actor, "sign_agreement", agreement):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties sign."))


def can_terminate(actor: Actor, agreement: Agreement) -> Decision:
    if actor.may("manage_agreements") and holds(actor, "sign_agreement", agreement):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties end an agreement."))


def can_create_mode(actor: Actor) -> Decision:
    """Whoever drafts agreements may give them a mode of their organization's own."""
    return can_draft(actor) if not actor.is_system else ALLOWED


def can_manage_mode(actor: Actor, mode: Mode) -> Decision:
    if actor.is_system:
        return ALLOWED
    if mode.organization_id is None:
        return Decision(False, _("The modes of the portal are kept by its staff."))
    if actor.may("manage_agreements") and actor.organization_id == mode.organization_id:
        return ALLOWED
    return Decision(False, _("Only the organization whose mode this is changes it."))


def can_record(actor: Actor, agreement: Agreement) -> Decision:
    """Each party keeps its own side of the ledger."""
    if actor.may("manage_agreements") and actor.organization_id in {
        party.organization_id for party in agreement.parties.all()
    }:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties write into the ledger."))


def can_void(actor: Actor, entry: LedgerEntry) -> Decision:
    if actor.may("manage_agreements") and entry.party.organization_id == actor.organization_id:
        return ALLOWED
    return Decision(False, _("Only the party whose entry this is voids it."))


def can_report(actor: Actor, obligation: Obligation) -> Decision:
    if actor.may("manage_agreements") and obligation.party.organization_id == actor.organization_id:
        return ALLOWED
    return Decision(False, _("Only the party that owes it reports it as fulfilled."))


def can_settle(actor: Actor, obligation: Obligation) -> Decision:
    """Nobody confirms or waives what they owe themselves."""
    if obligation.party.organization_id == actor.organization_id:
        return Decision(False, _("Another party confirms or waives what yours owes."))
    return can_record(actor, obligation.agreement)


def can_oversee(actor: Actor, agreement: Agreement) -> Decision:
    """Read the history, and who can see it. Whoever sees an agreement and is no government that looks on is a party."""
    if actor.may("manage_agreements"):
        looks_on = actor.region_prefix is not None and agreement.drafted_by_id != actor.organization_id
        if not looks_on or agreement.parties.filter(organization_id=actor.organization_id).exists():
            return ALLOWED
    return Decision(
        False, _("Only coordinators and administrators of the parties see who sees an agreement and who changed it.")
    )
