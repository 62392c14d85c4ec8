"""Who reads figures, and of which placements: the one place of both rules."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Organization
from apps.placements.models import Placement
from apps.vocational_groups.models import GroupMember


def can_view_reports(actor: Actor) -> Decision:
    if actor.may("view_reports"):
        return ALLOWED
    return Decision(False, _("Only administrators, coordinators and observers see reports."))


def reportable_to(actor: Actor) -> QuerySet[Placement]:
    """The placements whose figures the actor may see; never a way to the people in them.

    A university: its students'. An enterprise: those it hosts. A vocational group: those of its current members on either
    side. A government body: those at bases in its region. Any other organization, and who has no right to reports: none.
    """
    placements = Placement.objects.all()
    if actor.is_system:
        return placements
    if not can_view_reports(actor):
        return placements.none()
    if actor.region_prefix is not None:
        return placements.filter(base__region__code__startswith=actor.region_prefix)
    if actor.organization_kind == Organization.Kind.UNIVERSITY:
        return placements.filter(university_id=actor.organization_id)
    if actor.organization_kind == Organization.Kind.ENTERPRISE:
        return placements.filter(host_id=actor.organization_id)
    if actor.organization_kind == Organization.Kind.VOCATIONAL_GROUP:
        return placements.filter(_in_group(actor.organization_id))
    return placements.none()


def _in_group(group_id: int) -> Exists:
    today = timezone.localdate()
    return Exists(
        GroupMember.objects.filter(
            Q(left_on=None) | Q(left_on__gt=today),
            Q(organization_id=OuterRef("university_id")) | Q(organization_id=OuterRef("host_id")),
            group_id=group_id,
            joined_on__lte=today,
        )
    )
