"""Every write about organizations, their members and their rights."""

from .memberships import membership_end, membership_start
from .organizations import ROLE_PERMISSIONS, grant_to_roles, organization_create, role_groups_create

__all__ = [
    "ROLE_PERMISSIONS",
    "grant_to_roles",
    "membership_end",
    "membership_start",
    "organization_create",
    "role_groups_create",
]
