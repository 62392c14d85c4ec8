"""May this actor do this to this agreement?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.policies import holds

from .models import Agreement


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


def can_oversee(actor: Actor, agreement: Agreement) -> Decision:
    """Read the history, and who can see it. Whoever sees an agreement and is no government that looks on is a party."""
    if actor.may("manage_agreements"):
        looks_on = actor.region_prefix is not None and agreement.drafted_by_id != actor.organization_id
        if not looks_on or agreement.parties.filter(organization_id=actor.organization_id).exists():
            return ALLOWED
    return Decision(
        False, _("Only coordinators and administrators of the parties see who sees an agreement and who changed it.")
    )
