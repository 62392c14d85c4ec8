"""What roles and single people may do within their organization is granted and withdrawn here, and nowhere else."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from apps.core.actor import Actor
from apps.core.services import fetch, fetch_locked, service

from ..events import role_rights_changed
from ..models import (
    Membership,
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    RoleGroup,
)
from ..rights import (
    RIGHTS,
    can_manage_rights,
    grantable_to_person,
    grantable_to_role,
    withdrawable_from_role,
)


@service
def role_right_grant(actor: Actor, *, role: str, codename: str, organization_id: int | None = None) -> None:
    """Everyone in this role of the acting organization may do this from the next request on. A repeat changes nothing.

    Grants on agreements and the like follow in the same transaction (``role_rights_changed``). ``NotAllowed`` for what this
    role is never given. ``organization_id`` is for the system, which acts for no organization.
    """
    organization = _held(actor, organization_id)
    group = fetch(RoleGroup.objects.filter(organization=organization), role=role)
    permission = _permission(codename)
    grantable_to_role(role, codename).require()
    _grant, created = OrganizationGroupObjectPermission.objects.get_or_create(
        group_id=group.group_id, permission=permission, content_object=organization
    )
    if created:
        _announce(actor, organization, codename)


@service
def role_right_withdraw(actor: Actor, *, role: str, codename: str, organization_id: int | None = None) -> None:
    """Nobody may do this by this role from the next request on; who was granted it personally keeps it. A repeat: nothing.

    ``NotAllowed`` for what administrators must keep.
    """
    organization = _held(actor, organization_id)
    group = fetch(RoleGroup.objects.filter(organization=organization), role=role)
    permission = _permission(codename)
    withdrawable_from_role(role, codename).require()
    gone, _rows = OrganizationGroupObjectPermission.objects.filter(
        group_id=group.group_id, permission=permission, content_object=organization
    ).delete()
    if gone:
        _announce(actor, organization, codename)


@service
def person_right_grant(actor: Actor, *, membership_id: int, codename: str) -> None:
    """One current member may do this in this membership, whatever the role, until it ends. A repeat changes nothing.

    ``NotAllowed`` for what people of that role are never given.
    """
    membership = fetch_locked(Membership.objects.visible_to(actor).current(), pk=membership_id)
    organization = _held(actor, membership.organization_id)
    permission = _permission(codename)
    grantable_to_person(membership.role, codename).require()
    _grant, created = OrganizationUserObjectPermission.objects.get_or_create(
        membership=membership,
        permission=permission,
        content_object=organization,
        defaults={"user_id": membership.user_id},
    )
    if created:
        _announce(actor, organization, codename)


@service
def person_right_withdraw(actor: Actor, *, membership_id: int, codename: str) -> None:
    """What was granted personally ends with the next request; what the role may do stays. A repeat changes nothing."""
    membership = fetch(Membership.objects.visible_to(actor), pk=membership_id)
    organization = _held(actor, membership.organization_id)
    gone, _rows = OrganizationUserObjectPermission.objects.filter(
        membership=membership, permission=_permission(codename), content_object=organization
    ).delete()
    if gone:
        _announce(actor, organization, codename)


def personal_rights_end(actor: Actor, membership: Membership) -> None:
    """Take back all that was granted to a membership that ends, in the transaction that ends it."""
    granted = OrganizationUserObjectPermission.objects.filter(membership=membership)
    codenames = list(granted.values_list("permission__codename", flat=True))
    if codenames:
        Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    granted.delete()
    for codename in codenames:
        _announce(actor, membership.organization, codename)


def _held(actor: Actor, organization_id: int | None) -> Organization:
    """The organization whose rights change, held so that changes, and grants made by them, happen one after the other."""
    wanted = actor.organization_id if organization_id is None else organization_id
    can_manage_rights(actor, wanted).require()
    rows = Organization.objects.visible_to(actor).select_for_update(no_key=True)
    return fetch(rows, pk=wanted)


def _permission(codename: str) -> Permission:
    offered = Permission.objects.filter(
        content_type__app_label="organizations", content_type__model="organization", codename__in=RIGHTS
    )
    return fetch(offered, codename=codename)


def _announce(actor: Actor, organization: Organization, codename: str) -> None:
    role_rights_changed.send(Organization, actor=actor, organization=organization, codename=codename)
