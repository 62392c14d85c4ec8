"""May this actor do this to this application?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Membership, Organization, Role

from .models import Application


def can_apply(actor: Actor) -> Decision:
    if actor.role == Role.STUDENT and actor.organization_kind == Organization.Kind.UNIVERSITY:
        return ALLOWED
    return Decision(False, _("Only students apply for places."))


def can_propose(actor: Actor, student: Membership) -> Decision:
    """Apply on behalf of a student."""
    if actor.may("manage_placements") and actor.organization_id == student.organization_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the student's university apply for the student."))


def can_see_applications(actor: Actor) -> Decision:
    """Whether there can be applications that the actor sees."""
    if actor.role == Role.STUDENT or actor.may("review_applications") or actor.may("manage_placements"):
        return ALLOWED
    return Decision(False, _("Only students and those who decide on applications or arrange placements see them."))


def can_review(actor: Actor, application: Application) -> Decision:
    """Accept and reject."""
    if actor.is_system or (actor.may("review_applications") and actor.organization_id == application.host_id):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the host decide on applications."))


def can_read_statement(actor: Actor, application: Application) -> Decision:
    """When an application has come to nothing, its host reads it no longer, unless the student agreed to that.

    ``application`` comes from ``with_profile_shown``.
    """
    came_to_nothing = application.state in {Application.State.REJECTED, Application.State.WITHDRAWN}
    is_host_alone = actor.organization_id == application.host_id != application.university_id
    if came_to_nothing and is_host_alone and not application.profile_shown:
        return Decision(False, _("It came to nothing, and the student has not agreed that you go on reading it."))
    return ALLOWED


def can_withdraw(actor: Actor, application: Application) -> Decision:
    if actor.is_system or (actor.is_member and actor.membership_id == application.student_id):
        return ALLOWED
    return Decision(False, _("Only the student withdraws an application."))
