"""What organizations, which lie below, announce is told to people here."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.organizations.events import (
    membership_ended,
    organization_resumed,
    organization_suspended,
    registration_decided,
    registration_submitted,
)
from apps.organizations.models import Membership, Organization, Registration

from .services import notify


@receiver(registration_submitted)
def tell_who_decides(registration: Registration, **kwargs: Any) -> None:
    notify("registration_submitted", key=str(registration.pk), registration=registration.pk)


@receiver(registration_decided)
def tell_applicant(registration: Registration, **kwargs: Any) -> None:
    notify(f"registration_{registration.state}", key=str(registration.pk), registration=registration.pk)


@receiver(organization_suspended)
def tell_suspended(organization: Organization, **kwargs: Any) -> None:
    _tell_administrators("organization_suspended", organization)


@receiver(organization_resumed)
def tell_resumed(organization: Organization, **kwargs: Any) -> None:
    _tell_administrators("organization_resumed", organization)


def _tell_administrators(kind: str, organization: Organization) -> None:
    change = organization.events.latest("pgh_id").pk  # type: ignore[attr-defined]  # by pghistory
    notify(kind, key=f"{organization.pk}:{change}", organization=organization.pk)


@receiver(membership_ended)
def tell_successor(membership: Membership, successor: Membership | None, **kwargs: Any) -> None:
    if successor is not None:
        notify("work_handed_over", key=str(membership.pk), membership=membership.pk, successor=successor.pk)
