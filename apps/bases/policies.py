"""May this actor do this to this base?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import Base


def can_create_base(actor: Actor) -> Decision:
    if actor.is_member and actor.may("manage_bases"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators set up bases."))


def can_manage_base(actor: Actor, base: Base) -> Decision:
    """Change the base, its intakes and their positions."""
    if actor.may("manage_bases") and actor.organization_id == base.host_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the host manage the base and its intakes."))
