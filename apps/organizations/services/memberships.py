"""Memberships are started and ended here."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..events import membership_ended, membership_ending, open_work_of
from ..models import Membership, MembershipQuerySet, Organization, Role, RoleGroup, Unit
from ..policies import can_end_membership, can_manage_members
from .rights import personal_rights_end


@service
def membership_start(actor: Actor, *, organization_id: int, user_id: int, role: str, title: str = "") -> Membership:
    """A person joins in a role and the role's group. A repeat returns the membership that is there."""
    organization = fetch(Organization.objects.visible_to(actor), pk=organization_id)
    can_manage_members(actor, organization.pk).require()
    return join(organization, user_id, role=role, title=title)


def join(
    organization: Organization, user_id: int, *, role: str, title: str = "", unit: Unit | None = None
) -> Membership:
    """Let a person in, in the current transaction, who has the right being somebody else's question; a repeat is harmless."""
    # Held so that two of these at once find each other's membership; "no key" lets rows that name the person be written.
    user = fetch(User.objects.filter(is_active=True).select_for_update(no_key=True), pk=user_id)
    present = Membership.objects.filter(user=user, organization=organization, role=role, ended_at=None).first()
    if present:
        return present
    membership = Membership(user=user, organization=organization, role=role, title=title, unit=unit)
    save_valid(membership)
    user.groups.add(RoleGroup.objects.get(organization=organization, role=role).group_id)
    return membership


@service
def membership_set_unit(actor: Actor, *, membership_id: int, unit_id: int | None) -> Membership:
    """Say to which unit of the organization a member belongs, or to none. A repeat changes nothing.

    ``ValidationError`` when the organization has no such open unit, ``WrongState`` when the membership has ended.
    """
    membership = fetch_locked(Membership.objects.visible_to(actor), pk=membership_id)
    can_manage_members(actor, membership.organization_id).require()
    if membership.ended_at is not None:
        raise WrongState(_("This membership has ended."))
    if membership.unit_id != unit_id:
        membership.unit = open_unit(membership.organization_id, unit_id)
        save_valid(membership)
    return membership


def open_unit(organization_id: int, unit_id: int | None, field: str = "unit") -> Unit | None:
    """The unit, which cannot be closed before the current transaction ends; ``ValidationError`` when it is not open."""
    if unit_id is None:
        return None
    units = Unit.objects.open().filter(organization_id=organization_id).select_for_update(no_key=True)
    unit = units.filter(pk=unit_id).first()
    if unit is None:
        raise ValidationError({field: _("The organization has no such unit.")})
    return unit


@service
def membership_end(actor: Actor, *, membership_id: int, successor_id: int | None = None) -> Membership:
    """The person loses the role from the next request on, and its API tokens are dead. A repeat changes nothing.

    In order: open work passes to the successor (``membership_ending``), the end, the role's group, the tokens,
    ``membership_ended``. A member may leave by themselves, but only who manages members names a successor.
    ``WrongState`` for the last administrator, or when something stands in the way (a placement of a student).
    ``ValidationError`` under ``successor`` when there is open work and no current member of the same organization and role
    is named who takes it over.
    """
    membership, successor = _hold(actor, membership_id, successor_id)
    can_end_membership(actor, membership).require()
    if membership.ended_at is not None:
        return membership
    if membership.role == Role.ADMINISTRATOR:
        _require_another_administrator(membership)
    passes_on = _require_successor(actor, membership, successor, named=successor_id is not None)
    membership_ending.send(Membership, actor=actor, membership=membership, successor=successor if passes_on else None)
    if any(work.passes_on for work in open_work_of(membership)):
        raise WrongState(_("New work came while you decided. Look at it, then try again."))
    membership.ended_at = timezone.now()
    save_valid(membership)
    group = RoleGroup.objects.get(organization_id=membership.organization_id, role=membership.role).group_id
    membership.user.groups.remove(group)
    personal_rights_end(actor, membership)
    membership.tokens.filter(revoked_at=None).update(revoked_at=membership.ended_at)
    membership_ended.send(Membership, actor=actor, membership=membership, successor=successor if passes_on else None)
    return membership


def _hold(actor: Actor, membership_id: int, successor_id: int | None) -> tuple[Membership, Membership | None]:
    """Both, locked in the order of their keys, so that two who hand over to each other queue up."""
    keys = [key for key in (membership_id, successor_id) if key is not None]
    visible = Membership.objects.visible_to(actor).filter(pk__in=keys)
    rows = {row.pk: row for row in visible.select_for_update(of=("self",), no_key=True).order_by("pk")}
    if membership_id not in rows:
        raise NotFound
    return rows[membership_id], rows.get(successor_id or 0)


def _require_successor(actor: Actor, membership: Membership, successor: Membership | None, *, named: bool) -> bool:
    """Whether open work passes to the successor."""
    work = open_work_of(membership)
    for piece in work:
        if piece.obstacle:
            raise WrongState(piece.obstacle)
    if not any(piece.passes_on for piece in work):
        return False
    if not can_manage_members(actor, membership.organization_id):
        raise WrongState(_("You have open work. Ask an administrator of your organization to hand it over."))
    if not named:
        raise ValidationError({"successor": _("There is open work: name who takes it over.")})
    if successor is None or not successors_of(membership).filter(pk=successor.pk).exists():
        raise ValidationError(
            {"successor": _("The successor must be a current member of the organization in the same role.")}
        )
    return True


def successors_of(membership: Membership) -> MembershipQuerySet:
    """Who may take over the open work of this membership."""
    colleagues = Membership.objects.current().filter(organization_id=membership.organization_id, role=membership.role)
    return colleagues.exclude(pk=membership.pk).exclude(user_id=membership.user_id)


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
