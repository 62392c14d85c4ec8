"""Every write about organizations, their members and their rights."""

from .grants import grant_to_roles, revoke_grants, sync_grants
from .invitations import (
    invitation_accept,
    invitation_create,
    invitation_resend,
    invitation_revoke,
)
from .memberships import membership_end, membership_set_unit, membership_start
from .organizations import ROLE_PERMISSIONS, organization_create, role_groups_create
from .registrations import registration_approve, registration_reject, registration_submit, registration_withdraw
from .rights import person_right_grant, person_right_withdraw, role_right_grant, role_right_withdraw
from .suspension import organization_resume, organization_suspend
from .units import unit_add, unit_close, unit_move, unit_rename

__all__ = [
    "ROLE_PERMISSIONS",
    "grant_to_roles",
    "invitation_accept",
    "invitation_create",
    "invitation_resend",
    "invitation_revoke",
    "membership_end",
    "membership_set_unit",
    "membership_start",
    "organization_create",
    "organization_resume",
    "organization_suspend",
    "person_right_grant",
    "person_right_withdraw",
    "registration_approve",
    "registration_reject",
    "registration_submit",
    "registration_withdraw",
    "revoke_grants",
    "role_groups_create",
    "role_right_grant",
    "role_right_withdraw",
    "sync_grants",
    "unit_add",
    "unit_close",
    "unit_move",
    "unit_rename",
]
