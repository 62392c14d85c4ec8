"""Agreements in the situations that tests need, reached by the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_draft, agreement_sign, agreement_submit
from apps.organizations.models import Membership

from .organizations import actor_as


def agreement_values(**values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Training base for mechatronics",
        "mode": "training_base",
        "content": "1. The enterprise offers places.\n\n2. The university sends students.",
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=365),
    } | values


def make_draft(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    """A draft of the first coordinator's organization with those of the others."""
    party_ids = [member.organization_id for member in others]
    return agreement_draft(actor_as(drafter), party_ids=party_ids, **agreement_values(**values))


def make_submitted(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    agreement = make_draft(drafter, *others, **values)
    return agreement_submit(actor_as(drafter), agreement_id=agreement.pk)


def make_in_force(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    """Signed by each of the coordinators."""
    agreement = make_submitted(drafter, *others, **values)
    for member in (drafter, *others):
        agreement_sign(actor_as(member), agreement_id=agreement.pk, content_hash=agreement.content_hash)
    return Agreement.objects.get(pk=agreement.pk)
