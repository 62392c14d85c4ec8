"""Who reads the history of an agreement: those of its parties who draft and end agreements."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, register
from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import Agreement


def can_read_history(actor: Actor, agreement: Agreement) -> Decision:
    """Whoever sees an agreement and is no government body that looks on is a party."""
    if actor.may("manage_agreements"):
        looks_on = actor.region_prefix is not None and agreement.drafted_by_id != actor.organization_id
        if not looks_on or agreement.parties.filter(organization_id=actor.organization_id).exists():
            return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the parties read the history of an agreement."))


register(
    Trail(
        name="agreement",
        title=_("History of the agreement"),
        rows=Agreement.objects.all,
        decide=can_read_history,
        home=lambda agreement: reverse("agreements:agreement_detail", args=[agreement.pk]),
    )
)
