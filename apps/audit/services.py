"""Security events are recorded here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.actor import Actor
from apps.core.addresses import client_address

from .models import SecurityEvent


def security_event_record(
    kind: str,
    *,
    actor: Actor | None = None,
    user_id: int | None = None,
    request: HttpRequest | None = None,
    about: dict[str, Any] | None = None,
) -> SecurityEvent:
    """Record an act of ``actor`` (or of a person who acts as nobody yet), in the current transaction. A repeat records again.

    ``about``: ids and short words; who reads the event sees them.
    """
    acting = actor or Actor.anonymous()
    return SecurityEvent.objects.create(
        kind=kind,
        user_id=user_id or acting.user_id or None,
        membership=acting.membership_id or None,
        organization=acting.organization_id or None,
        address=(client_address(request) or None) if request is not None else None,
        about=about or {},
    )
