"""May this actor do this to schemes, rounds and sheets?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Organization

from .models import Evaluation


def can_manage(actor: Actor) -> Decision:
    """Schemes, plans and rounds belong to universities; their coordinators and administrators manage them."""
    at_university = actor.is_member and actor.organization_kind == Organization.Kind.UNIVERSITY
    if at_university and actor.may("manage_evaluations"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of a university manage evaluations."))


def can_submit(actor: Actor, evaluation: Evaluation) -> Decision:
    if actor.is_member and actor.membership_id == evaluation.evaluator_id:
        return ALLOWED
    return Decision(False, _("Only the tutor whose sheet this is scores it."))


def can_run_schedule(actor: Actor) -> Decision:
    """Rounds open and close by the schedule alone."""
    if actor.is_system:
        return ALLOWED
    return Decision(False, _("Rounds are opened and closed by the portal itself."))
