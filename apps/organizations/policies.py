"""Who may change memberships and see grants."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from guardian.core import ObjectPermissionChecker

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import RoleGroup


def can_manage_members(actor: Actor, organization_id: int) -> Decision:
    if actor.is_system or (actor.may("manage_members") and actor.organization_id == organization_id):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization manages its members."))


def can_list_members(actor: Actor) -> Decision:
    """Who manages members or arranges placements sees the whole of the acting organization."""
    if actor.is_member and (actor.may("manage_members") or actor.may("manage_placements")):
        return ALLOWED
    return Decision(False, _("Only administrators and coordinators see the members of the organization."))


def holds(actor: Actor, codename: str, anchor: Model) -> bool:
    """Whether guardian grants the acting role this permission on this one object. Never use it to select rows."""
    if actor.is_system:
        return True
    group = Group.objects.filter(
        role_group__in=RoleGroup.objects.filter(organization_id=actor.organization_id, role=actor.role)
    ).first()
    return group is not None and bool(ObjectPermissionChecker(group).has_perm(codename, anchor))
