"""Memberships are started and ended here."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..models import Membership, Organization, Role, RoleGroup
from ..policies import can_manage_members


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
