"""Who may change memberships and see grants."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import ApiToken, Invitation, Membership, Organization, Registration


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
    """Whether guardian grants the acting role, or the acting membership, this permission on this one object.

    Never use it to select rows. What a person holds in another membership counts for nothing here.
    """
    if actor.is_system:
        return True
    granted = {"content_object": anchor, "permission__codename": codename}
    by_role = get_group_obj_perms_model(anchor)._default_manager.filter(
        **granted, group__role_group__organization_id=actor.organization_id, group__role_group__role=actor.role
    )
    in_person = get_user_obj_perms_model(anchor)._default_manager.filter(**granted, membership_id=actor.membership_id)
    return bool(by_role.values("pk").union(in_person.values("pk")).exists())


def can_create_tokens(actor: Actor, organization_id: int) -> Decision:
    if can_manage_members(actor, organization_id):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization makes API tokens."))


def can_revoke_token(actor: Actor, token: ApiToken) -> Decision:
    """An administrator of the organization, and the person in whose name the token acts."""
    if actor.is_person and token.membership.user_id == actor.user_id:
        return ALLOWED
    return can_manage_members(actor, token.membership.organization_id)


def can_end_membership(actor: Actor, membership: Membership) -> Decision:
    """An administrator of the organization, and the members themselves."""
    if actor.is_person and membership.user_id == actor.user_id and not actor.read_only:
        return ALLOWED
    return can_manage_members(actor, membership.organization_id)


def can_manage_units(actor: Actor, organization_id: int) -> Decision:
    if can_manage_members(actor, organization_id):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization changes its units."))


def can_register(actor: Actor) -> Decision:
    """Describe an organization that is not in the portal: everybody who is signed in, as themselves."""
    if actor.is_person and not actor.read_only:
        return ALLOWED
    return Decision(False, _("Sign in to register an organization."))


def can_see_registrations(actor: Actor) -> Decision:
    """Have a list of registrations: who decides, and everybody their own."""
    return can_register(actor)


def decides_registrations(actor: Actor) -> bool:
    """Whether registrations come to this actor: the platform's staff, and those who may invite organizations."""
    return actor.is_staff or can_invite_organizations(actor).allowed


def can_decide_registration(actor: Actor, registration: Registration) -> Decision:
    """The platform's staff, or the group or government body whose invitation the applicant followed; nobody their own."""
    if actor.is_system:
        return ALLOWED
    if registration.applicant_id == actor.user_id:
        return Decision(False, _("Somebody else decides about your own registration."))
    invited_by = registration.invitation.organization_id if registration.invitation else 0
    if actor.is_staff or (can_invite_organizations(actor) and actor.organization_id == invited_by):
        return ALLOWED
    return Decision(False, _("The platform's staff decide, or who invited the organization."))


def can_withdraw_registration(actor: Actor, registration: Registration) -> Decision:
    if actor.is_person and registration.applicant_id == actor.user_id:
        return ALLOWED
    return Decision(False, _("Only the applicant withdraws a registration."))


def can_invite_organizations(actor: Actor) -> Decision:
    """Vocational groups and government bodies bring organizations in, and vouch for them."""
    bodies = {Organization.Kind.VOCATIONAL_GROUP, Organization.Kind.GOVERNMENT}
    if actor.is_member and actor.organization_kind in bodies and actor.may("manage_members"):
        return ALLOWED
    return Decision(False, _("Only vocational groups and government bodies invite organizations."))


def can_invite(actor: Actor, purpose: str) -> Decision:
    if purpose == Invitation.Purpose.ORGANIZATION:
        return can_invite_organizations(actor)
    if actor.is_member and actor.may("manage_members"):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization invites members."))


def can_suspend(actor: Actor) -> Decision:
    if actor.is_system or actor.is_staff:
        return ALLOWED
    return Decision(False, _("Only the platform's staff suspend an organization."))


def can_list_providers(actor: Actor) -> Decision:
    if actor.is_staff or (actor.is_member and actor.may("manage_members")):
        return ALLOWED
    return Decision(False, _("Only administrators and the platform's staff see where an organization signs in."))


def can_activate_provider(actor: Actor) -> Decision:
    """Whoever runs the provider of a domain can be anybody of that domain: staff check whose it is."""
    if actor.is_system or actor.is_staff:
        return ALLOWED
    return Decision(False, _("The platform's staff check first that the domain belongs to the organization."))
