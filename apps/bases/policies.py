"""May this actor do this to this base, and may students apply now?"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agreements.models import Agreement
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


def backed_by(agreement: Agreement) -> Decision:
    """Whether the agreement of a base is in force today."""
    in_time = agreement.starts_on <= timezone.localdate() <= agreement.ends_on
    if agreement.state == Agreement.State.IN_FORCE and in_time:
        return ALLOWED
    return Decision(False, _("The agreement behind this base is not in force today."))


def takes_applications(intake: Intake) -> Decision:
    """Whether students may apply today; for one intake what ``takes_applications_on`` says of rows."""
    if intake.state == Intake.State.DRAFT:
        return Decision(False, _("This intake has not been opened yet."))
    if intake.state == Intake.State.CLOSED or intake.closes_on < timezone.localdate():
        return Decision(False, _("This intake takes no more applications."))
    return backed_by(intake.base.agreement)


def ready_to_open(intake: Intake, *, has_positions: bool) -> Decision:
    """Whether a draft can be opened today."""
    if not has_positions:
        return Decision(False, _("Add a position first: students apply for one."))
    if intake.closes_on < timezone.localdate():
        return Decision(False, _("The last day to apply has passed. Set a later one first."))
    return backed_by(intake.base.agreement)
