"""Grants on the anchors of upper apps, kept in step with what roles and people hold at home."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, Model, OuterRef, QuerySet
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from ..models import Membership, Organization, OrganizationGroupObjectPermission, OrganizationUserObjectPermission


def grant_to_roles(anchor: Model, *, organization_ids: Iterable[int], permissions: Iterable[str], holders: str) -> None:
    """Grant permissions on one object to those roles and people of the organizations that hold ``holders`` at home.

    Waits for a change of these organizations' rights that is under way. A repeat changes nothing.
    """
    ids = sorted(organization_ids)
    list(Organization.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    _insert(type(anchor), [anchor.pk], _groups(ids, holders), _members(ids, holders), permissions)


def sync_grants(anchors: QuerySet[Any], *, organization_id: int, permissions: Collection[str], holders: str) -> None:
    """Bring the grants of one organization's roles and people on ``anchors`` in step with who holds ``holders`` at home.

    Grants of the organization on any other object of the kind go too. The statements do not grow with the number of objects.
    """
    groups, members = _groups([organization_id], holders), _members([organization_id], holders)
    by_group, by_person = _models(anchors.model)
    for model, whose, holding in (
        (by_group, "group__role_group__organization_id", {"group__in": groups}),
        (by_person, "membership__organization_id", {"membership__in": members}),
    ):
        granted = model.objects.filter(**{whose: organization_id}, permission__codename__in=permissions)
        granted.exclude(**holding, content_object__in=anchors).delete()
    _insert(anchors.model, anchors.values_list("pk", flat=True), groups, members, permissions)


def revoke_grants(anchor: Model, *, organization_ids: Iterable[int], permissions: Collection[str]) -> None:
    """Take permissions on one object from the roles and people of the organizations. A repeat changes nothing."""
    by_group, by_person = _models(anchor)
    ids = list(organization_ids)
    for model, whose in ((by_group, "group__role_group__organization_id"), (by_person, "membership__organization_id")):
        granted = model.objects.filter(content_object=anchor, permission__codename__in=permissions)
        granted.filter(**{f"{whose}__in": ids}).delete()


def _groups(organization_ids: list[int], holders: str) -> QuerySet[Group]:
    held = OrganizationGroupObjectPermission.objects.filter(
        group=OuterRef("pk"),
        content_object=OuterRef("role_group__organization"),
        permission__codename=holders,
    )
    return Group.objects.filter(Exists(held), role_group__organization_id__in=organization_ids)


def _members(organization_ids: list[int], holders: str) -> QuerySet[Membership]:
    held = OrganizationUserObjectPermission.objects.filter(
        membership=OuterRef("pk"), content_object=OuterRef("organization"), permission__codename=holders
    )
    return Membership.objects.filter(Exists(held), organization_id__in=organization_ids, ended_at=None)


def _insert(
    anchor: type[Model],
    keys: Iterable[int],
    groups: QuerySet[Group],
    members: QuerySet[Membership],
    permissions: Iterable[str],
) -> None:
    kind = ContentType.objects.get_for_model(anchor)
    granted = list(Permission.objects.filter(content_type=kind, codename__in=permissions))
    keys, people = list(keys), list(members.values_list("pk", "user"))
    by_group, by_person = _models(anchor)
    by_group.objects.bulk_create(
        [
            by_group(group=group, permission=permission, content_object_id=key)
            for group in groups
            for permission in granted
            for key in keys
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )
    by_person.objects.bulk_create(
        [
            by_person(membership_id=membership_id, user_id=user_id, permission=permission, content_object_id=key)
            for membership_id, user_id in people
            for permission in granted
            for key in keys
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )


def _models(anchor: Any) -> tuple[Any, Any]:
    """The models of grants on this kind of object: to roles, and to people."""
    return get_group_obj_perms_model(anchor), get_user_obj_perms_model(anchor)
