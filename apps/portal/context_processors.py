"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.actor import Actor
from apps.notifications.models import Delivery
from apps.organizations.models import Membership

from .navigation import navigation_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """``memberships`` to switch between, ``unread_count``, ``navigation``; two statements for a signed-in person."""
    actor: Actor = getattr(request, "actor", Actor.anonymous())
    if not actor.is_person:
        return {"memberships": [], "unread_count": 0, "navigation": []}
    memberships = Membership.objects.current().filter(user_id=actor.user_id).select_related("organization")
    unread = Delivery.objects.visible_to(actor).unread().count()
    return {
        "memberships": memberships,
        "unread_count": unread,
        "navigation": navigation_of(actor, request.path, unread),
    }
