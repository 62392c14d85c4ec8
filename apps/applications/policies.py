"""May this actor do this to this application?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Organization, Role

from .models import Application


def can_apply(actor: Actor) -> Decision:
    if actor.role == Role.STUDENT and actor.organization_kind == Organization.Kind.UNIVERSITY:
        return ALLOWED
    return Decision(False, _("Only students apply for places."))


def can_see_applications(actor: Actor) -> Decision:
    """Whether there can be applications that the actor sees."""
    if actor.role == Role.STUDENT or actor.may("review_applications") or actor.may("manage_placements"):
        return ALLOWED
    return Decision(False, _("Only students and those who decide on applications or arrange placements see them."))


def can_review(actor: Actor, application: Application) -> Decision:
    """Accept and reject."""
    if actor.may("review_applications") and actor.organization_id == application.host_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the host decide on applications."))


def can_withdraw(actor: Actor, application: Application) -> Decision:
    if actor.is_system or (actor.is_member and actor.membership_id == application.student_id):
        return ALLOWED
    return Decision(False, _("Only the student withdraws an application."))
