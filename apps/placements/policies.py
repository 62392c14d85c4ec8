"""May this actor do this to this placement, application, log or journal?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.applications.models import Application
from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Organization

from .models import Placement, Relocation, placement_relation


def can_follow(actor: Actor) -> Decision:
    """Have lists of placements and of what hangs on them: students, tutors, and who arranges placements."""
    if actor.is_system or placement_relation(actor) is not None:
        return ALLOWED
    return Decision(False, _("Only students, tutors and coordinators follow placements."))


def can_arrange(actor: Actor, application: Application) -> Decision:
    if actor.may("manage_placements") and actor.organization_id == application.university_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the student's university arrange a placement."))


def can_name_tutor(actor: Actor, placement: Placement) -> Decision:
    if actor.may("manage_placements") and actor.organization_id == placement.host_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the host name the enterprise tutor."))


def can_name_academic_tutor(actor: Actor, placement: Placement) -> Decision:
    if actor.may("manage_placements") and actor.organization_id == placement.university_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the university name the academic tutor."))


def can_make_agreements(actor: Actor) -> Decision:
    """Tri-party agreements for the own students."""
    of_university = actor.organization_kind == Organization.Kind.UNIVERSITY
    if of_university and actor.may("manage_placements") and actor.may("manage_agreements"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the university make the tri-party agreement."))


def can_make_agreement(actor: Actor, placement: Placement) -> Decision:
    if actor.organization_id == placement.university_id:
        return can_make_agreements(actor)
    return Decision(False, _("Only coordinators and administrators of the university make the tri-party agreement."))


def can_run(actor: Actor, placement: Placement) -> Decision:
    """Start, complete and break off."""
    sides = (placement.university_id, placement.host_id)
    if actor.is_system or (actor.may("manage_placements") and actor.organization_id in sides):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the university and the host do this."))


def can_relocate(actor: Actor) -> Decision:
    """Have the list of students who need another base."""
    if actor.may("manage_placements"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators find other bases for students."))


def can_settle(actor: Actor, relocation: Relocation) -> Decision:
    """Find another base for a student who loses the place, or say why none is needed."""
    if actor.is_system or (actor.may("manage_placements") and actor.organization_id == relocation.university_id):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the student's university find another base."))


def can_log(actor: Actor, placement: Placement) -> Decision:
    if actor.is_member and actor.membership_id == placement.enterprise_tutor_id:
        return ALLOWED
    return Decision(False, _("Only the enterprise tutor of the placement logs days."))


def can_write_journal(actor: Actor, placement: Placement) -> Decision:
    if actor.is_member and actor.membership_id == placement.student_id:
        return ALLOWED
    return Decision(False, _("Only the student of the placement writes its journal."))


def can_answer(actor: Actor, placement: Placement) -> Decision:
    if actor.is_member and actor.membership_id in (placement.academic_tutor_id, placement.enterprise_tutor_id):
        return ALLOWED
    return Decision(False, _("Only the two tutors of the placement answer its journals."))
