"""What this app does when a lower app announces something."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.organizations.events import role_rights_changed
from apps.organizations.models import Organization

from .services import signing_grants_sync


@receiver(role_rights_changed)
def follow_signing_rights(sender: Any, organization: Organization, codename: str, **kwargs: Any) -> None:
    """Who may sign for an organization now holds its agreements; who no longer may holds none."""
    if codename == "sign_agreements":
        signing_grants_sync(organization.pk)
