"""Builds the ``Actor`` of a membership, with one query."""

from __future__ import annotations

from apps.core.actor import Actor

from .models import Membership, Organization


def actor_of_membership(membership: Membership, *, read_only: bool = False) -> Actor:
    """The actor of a membership that was loaded by ``with_permissions`` with its organization and region."""
    organization = membership.organization
    region_prefix = None
    if organization.kind == Organization.Kind.GOVERNMENT and organization.region is not None:
        region_prefix = organization.region.prefix
    return Actor(
        user_id=membership.user_id,
        membership_id=membership.pk,
        organization_id=membership.organization_id,
        organization_kind=organization.kind,
        role=membership.role,
        permissions=frozenset(membership.codenames),  # type: ignore[attr-defined]  # annotated by with_permissions
        region_prefix=region_prefix,
        read_only=read_only,
    )


def actor_for(user_id: int, membership_id: int | None = None) -> Actor:
    """The actor of a person: in the membership named when it is current and theirs, else in their first current one."""
    memberships = (
        Membership.objects.current().filter(user_id=user_id).with_permissions().select_related("organization__region")
    )
    chosen = memberships.filter(pk=membership_id).first() if membership_id else None
    membership = chosen or memberships.order_by("pk").first()
    return actor_of_membership(membership) if membership else Actor(user_id=user_id)
