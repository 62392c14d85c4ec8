"""Who can see this: organizations, roles and numbers, with the reason; people by name in the own organization alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..models import Organization, Role
from ..sight import Reason, anchor_of

NAMED = 30
"""People of one role who are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """The people of one organization in one role: how many, and the names that the reader may know."""

    organization: Organization
    role: str
    number: int
    names: list[str]

    @property
    def more(self) -> int:
        return self.number - len(self.names) if self.names else 0


@require_safe
def sight(request: PortalRequest, pk: int, anchor: str) -> HttpResponse:
    """Everybody who can see one object; for those who manage it."""
    asked = anchor_of(anchor)
    row = fetch(asked.rows().visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]  # every anchor's rows have it
    asked.decide(request.actor, row).require()
    context = {
        "title": asked.title,
        "thing": row,
        "home": asked.home(row),
        "reasons": [_told(request.actor, reason) for reason in asked.reasons(row)],
        "staff": User.objects.filter(is_staff=True, is_active=True).count(),
        "in_portal": asked.staff,
    }
    return render(request, "organizations/sight.html", context)


def _told(actor: Actor, reason: Reason) -> dict[str, Any]:
    if reason.everyone:
        total = reason.members.order_by().aggregate(
            people=Count("pk"), organizations=Count("organization", distinct=True)
        )
        return {"words": reason.words, "total": total, "seeing": []}
    return {"words": reason.words, "total": None, "seeing": seeing(actor, reason)}


def seeing(actor: Actor, reason: Reason) -> list[Seeing]:
    """Three statements, however many there are."""
    counted = reason.members.order_by().values_list("organization", "role").annotate(Count("pk"))
    numbers = sorted(counted.order_by("organization", "role"))
    organizations = Organization.objects.in_bulk({organization for organization, _role, _number in numbers})
    names: defaultdict[str, list[str]] = defaultdict(list)
    own = reason.members.filter(organization_id=actor.organization_id).order_by("user__name", "pk")
    for role in [role for organization, role, _number in numbers if organization == actor.organization_id]:
        names[role] = list(own.filter(role=role).values_list("user__name", flat=True)[:NAMED])
    return [
        Seeing(
            organizations[organization],
            str(Role(role).label),
            number,
            names[role] if organization == actor.organization_id else [],
        )
        for organization, role, number in numbers
    ]
