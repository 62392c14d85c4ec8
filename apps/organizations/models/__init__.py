"""Regions, organizations, who belongs to them, and the keys to them."""

from .identity_providers import IdentityProvider
from .invitations import Invitation
from .memberships import Membership, MembershipQuerySet
from .organizations import (
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationQuerySet,
    OrganizationUserObjectPermission,
    PersonalGrant,
    Role,
    RoleGroup,
)
from .regions import Region
from .registrations import Registration
from .tokens import ApiToken
from .units import Unit

__all__ = [
    "ApiToken",
    "IdentityProvider",
    "Invitation",
    "Membership",
    "MembershipQuerySet",
    "Organization",
    "OrganizationGroupObjectPermission",
    "OrganizationQuerySet",
    "OrganizationUserObjectPermission",
    "PersonalGrant",
    "Region",
    "Registration",
    "Role",
    "RoleGroup",
    "Unit",
]
