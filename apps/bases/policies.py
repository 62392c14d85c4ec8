"""May this actor do this to this base, and may students apply now?"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agreements.policies import in_force, opens
from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import Base, Intake


def can_create_base(actor: Actor) -> Decision:
    if actor.is_member and actor.may("manage_bases"):
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators set up bases."))


def can_manage_base(actor: Actor, base: Base) -> Decision:
    """Change the base, its intakes and their positions."""
    if actor.may("manage_bases") and actor.organization_id == base.host_id:
        return ALLOWED
    return Decision(False, _("Only coordinators and administrators of the host manage the base and its intakes."))


def takes_applications(intake: Intake) -> Decision:
    """Whether students may apply today; for one intake what ``takes_applications_on`` says of rows."""
    if intake.state == Intake.State.DRAFT:
        return Decision(False, _("This intake has not been opened yet."))
    if intake.state == Intake.State.CLOSED or intake.closes_on < timezone.localdate():
        return Decision(False, _("This intake takes no more applications."))
    return in_force(intake.base.agreement)


def ready_to_open(intake: Intake, *, has_positions: bool) -> Decision:
    """Whether a draft can be opened today: only under an agreement under which placements are made."""
    if not has_positions:
        return Decision(False, _("Add a position first: students apply for one."))
    if intake.closes_on < timezone.localdate():
        return Decision(False, _("The last day to apply has passed. Set a later one first."))
    return opens(intake.base.agreement, "placement")
