"""Organizations are made here, with their role groups and the grants that go with them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

from apps.core.actor import Actor
from apps.core.services import save_valid, service

from ..models import Organization, OrganizationGroupObjectPermission, Role, RoleGroup

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
# What a new organization starts with; from then on the grants say it, and its administrators change them.
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
