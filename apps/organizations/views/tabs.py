"""What the pages about people of the acting organization have in common."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from ..policies import can_list_members

MEMBERS, UNITS, INVITATIONS = "member_list", "unit_list", "invitation_list"


def people_tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """Members, units and invitations, as far as the actor may see them."""
    places = [(UNITS, _("Units"))]
    if can_list_members(actor):
        places.insert(0, (MEMBERS, _("Members")))
    if actor.may("manage_members"):
        places.append((INVITATIONS, _("Invitations")))
    return [
        {"label": label, "url": reverse(f"organizations:{name}"), "active": name == active, "count": None}
        for name, label in places
    ]
