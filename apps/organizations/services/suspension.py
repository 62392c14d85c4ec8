"""While an organization is suspended, none of its memberships and tokens opens anything."""

from __future__ import annotations

from django.utils import timezone

from apps.core.actor import Actor
from apps.core.services import fetch_locked, require_reason, save_valid, service

from ..events import organization_resumed, organization_suspended
from ..models import Organization
from ..policies import can_suspend


@service
def organization_suspend(actor: Actor, *, organization_id: int, reason: str) -> Organization:
    """From the next request on its people and tokens do nothing; they read the reason, others see that it is suspended.

    Its administrators are told. What was agreed, placed and recorded stays as it is. A repeat keeps the first reason.
    """
    organization = fetch_locked(Organization.objects.visible_to(actor), pk=organization_id)
    can_suspend(actor).require()
    if organization.suspended_at is None:
        organization.suspension_reason = require_reason(reason)
        organization.suspended_at = timezone.now()
        save_valid(organization)
        organization_suspended.send(Organization, actor=actor, organization=organization)
    return organization


@service
def organization_resume(actor: Actor, *, organization_id: int) -> Organization:
    """Its people and tokens may again what they could before; its administrators are told. A repeat changes nothing."""
    organization = fetch_locked(Organization.objects.visible_to(actor), pk=organization_id)
    can_suspend(actor).require()
    if organization.suspended_at is not None:
        organization.suspended_at, organization.suspension_reason = None, ""
        save_valid(organization)
        organization_resumed.send(Organization, actor=actor, organization=organization)
    return organization
