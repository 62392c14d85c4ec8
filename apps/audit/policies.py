"""Who reads what was recorded. The history of an object: see ``registry``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision


def can_read_acts(actor: Actor) -> Decision:
    """What all people of the acting organization did."""
    if actor.is_member and actor.may("manage_members"):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization sees what all its people did."))
