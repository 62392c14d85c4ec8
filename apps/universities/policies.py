"""Who keeps a university's roster, and who sees an identity number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Organization

RIGHT = "manage_members"


def can_keep_roster(actor: Actor) -> Decision:
    """An import lets people in, so it takes the right to do that."""
    if actor.is_system:
        return ALLOWED
    if actor.organization_kind != Organization.Kind.UNIVERSITY:
        return Decision(False, _("Only a university has a roster."))
    if actor.may(RIGHT):
        return ALLOWED
    return Decision(False, _("Only administrators of the university keep its roster."))


def can_list_students(actor: Actor) -> Decision:
    if actor.organization_kind == Organization.Kind.UNIVERSITY and (actor.may("manage_placements") or actor.may(RIGHT)):
        return ALLOWED
    return Decision(False, _("Only administrators and coordinators of a university see its students and teachers."))


def can_disclose_identity(actor: Actor) -> Decision:
    if can_keep_roster(actor):
        return ALLOWED
    return Decision(False, _("Only administrators of the university see a full identity number."))
