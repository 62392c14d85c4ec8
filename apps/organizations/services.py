"""Organizations and memberships are made and ended here, with the grants that go with them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from .models import Membership, Organization, OrganizationGroupObjectPermission, Role, RoleGroup
from .policies import can_manage_members

_COORDINATOR = (
    "view_agreements",
    "manage_agreements",
    "sign_agreements",
    "manage_bases",
    "review_applications",
    "manage_placements",
    "manage_evaluations",
    "view_reports",
)
ROLE_PERMISSIONS: dict[str, tuple[str, ...]] = {
    Role.ADMINISTRATOR: ("manage_members", *_COORDINATOR),
    Role.COORDINATOR: _COORDINATOR,
    Role.OBSERVER: ("view_agreements", "view_reports"),
    Role.TUTOR: (),
    Role.STUDENT: (),
}


@service
def organization_create(
    actor: Actor,
    *,
    kind: str,
    code: str,
    name: str,
    name_en: str = "",
    country: str = "CN",
    region_code: str | None = None,
) -> Organization:
    """A new organization with its five role groups and their permissions; ``ValidationError`` when the code is taken."""
    organization = Organization(
        kind=kind, code=code, name=name, name_en=name_en, country=country, region_id=region_code
    )
    save_valid(organization)
    role_groups_create([organization])
    return organization


def role_groups_create(organizations: Iterable[Organization]) -> None:
    """Give new organizations their role groups and the groups their permissions: four statements for any number."""
    pairs = [(organization, role) for organization in organizations for role in Role.values]
    groups = Group.objects.bulk_create(
        [Group(name=f"organization {organization.pk} {role}") for organization, role in pairs]
    )
    RoleGroup.objects.bulk_create(
        [
            RoleGroup(organization=organization, role=role, group=group)
            for (organization, role), group in zip(pairs, groups, strict=True)
        ]
    )
    permissions = {
        permission.codename: permission
        for permission in Permission.objects.filter(content_type__app_label="organizations")
    }
    OrganizationGroupObjectPermission.objects.bulk_create(
        [
            OrganizationGroupObjectPermission(
                content_object=organization, group=group, permission=permissions[codename]
            )
            for (organization, role), group in zip(pairs, groups, strict=True)
            for codename in ROLE_PERMISSIONS[role]
        ]
    )


@service
def membership_start(actor: Actor, *, organization_id: int, user_id: int, role: str, title: str = "") -> Membership:
    """A person joins in a role and the role's group. A repeat returns the membership that is there."""
    organization = fetch(Organization.objects.visible_to(actor), pk=organization_id)
    can_manage_members(actor, organization.pk).require()
    # Held so that two of these at once find each other's membership; "no key" lets rows that name the person be written.
    user = fetch(User.objects.filter(is_active=True).select_for_update(no_key=True), pk=user_id)
    present = Membership.objects.filter(user=user, organization=organization, role=role, ended_at=None).first()
    if present:
        return present
    membership = Membership(user=user, organization=organization, role=role, title=title)
    save_valid(membership)
    user.groups.add(RoleGroup.objects.get(organization=organization, role=role).group_id)
    return membership


@service
def membership_end(actor: Actor, *, membership_id: int) -> Membership:
    """The person loses the role from the next request on. A repeat changes nothing.

    ``WrongState`` for the last administrator: nobody could let anybody in any more.
    """
    membership = fetch_locked(Membership.objects.visible_to(actor), pk=membership_id)
    can_manage_members(actor, membership.organization_id).require()
    if membership.ended_at is not None:
        return membership
    if membership.pk == actor.membership_id:
        raise ValidationError(_("You cannot end your own membership. Ask another administrator."))
    if membership.role == Role.ADMINISTRATOR:
        _require_another_administrator(membership)
    membership.ended_at = timezone.now()
    save_valid(membership)
    group = RoleGroup.objects.get(organization_id=membership.organization_id, role=membership.role).group_id
    membership.user.groups.remove(group)
    return membership


def _require_another_administrator(membership: Membership) -> None:
    # Two administrators who end each other at once queue up here.
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    others = (
        Membership.objects.current()
        .filter(organization_id=membership.organization_id, role=Role.ADMINISTRATOR)
        .exclude(pk=membership.pk)
    )
    if not others.exists():
        raise WrongState(_("This is the last administrator of the organization."))


def grant_to_roles(anchor: Model, *, organization_ids: Iterable[int], permissions: Iterable[str], holders: str) -> None:
    """Grant permissions on one object to those roles of the organizations that hold ``holders`` at home."""
    roles = [role for role, codenames in ROLE_PERMISSIONS.items() if holders in codenames]
    groups = Group.objects.filter(role_group__organization_id__in=list(organization_ids), role_group__role__in=roles)
    for codename in permissions:
        for group in groups:
            assign_perm(codename, group, anchor)
