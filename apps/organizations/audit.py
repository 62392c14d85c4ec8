"""Who reads the history of organizations, members and rights; and who acted, in words, for every history."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.audit.registry import Trail, Who, describe_actors, name_system, register, show, system_name, title
from apps.core.actor import Actor
from apps.core.errors import Decision

from .models import (
    Membership,
    Organization,
    OrganizationGroupObjectPermission,
    OrganizationUserObjectPermission,
    Registration,
    Role,
    RoleGroup,
)
from .policies import can_decide_registration, can_manage_members
from .rights import RIGHTS, can_manage_rights


def who(reader: Actor, recorded: Iterable[dict[str, Any]]) -> list[Who]:
    """The name to readers of the same organization; of others the organization and the role. Two statements at most."""
    recorded = list(recorded)
    memberships = Membership.objects.select_related("user", "organization").in_bulk(
        {int(context.get("membership", 0)) for context in recorded} - {0}
    )
    alone = {int(context.get("user", 0)) for context in recorded if not context.get("membership")} - {0}
    people = User.objects.in_bulk(alone) if alone else {}
    return [_who(reader, context, memberships, people) for context in recorded]


def _who(reader: Actor, context: dict[str, Any], memberships: dict[int, Membership], people: dict[int, User]) -> Who:
    if "system" in context:
        return Who(_("the portal"), str(system_name(context["system"]) or context["system"]))
    member = memberships.get(int(context.get("membership", 0)))
    if member is None:
        person = people.get(int(context.get("user", 0)))
        if person is None:
            return Who(_("the portal"), _("outside of any recorded act"))
        return Who(person.name if person.pk == reader.user_id else _("somebody"), _staff(person))
    acting = _("%(role)s of %(organization)s") % {
        "role": member.get_role_display(),
        "organization": member.organization.local_name,
    }
    if reader.is_system or member.organization_id == reader.organization_id:
        return Who(member.user.name, acting)
    return Who(_("somebody"), acting)


def _staff(person: User) -> str:
    return _("platform staff") if person.is_staff else _("in no organization")


def own_members(actor: Actor, organization: Organization) -> Decision:
    return can_manage_members(actor, organization.pk)


def _events_of_roles(organization: Organization) -> QuerySet[Any]:
    return _recorded(OrganizationGroupObjectPermission).filter(content_object_id=organization.pk)


def _events_of_person(membership: Membership) -> QuerySet[Any]:
    return _recorded(OrganizationUserObjectPermission).filter(membership_id=membership.pk)


def _recorded(model: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.pgh_event_models["insert"]._default_manager.all()
    return rows


def _permissions(keys: Collection[Any]) -> dict[Any, str]:
    found = Permission.objects.filter(pk__in=keys).values_list("pk", "codename")
    return {pk: str(RIGHTS.get(codename, codename)) for pk, codename in found}


def _groups(keys: Collection[Any]) -> dict[Any, str]:
    found = RoleGroup.objects.filter(group_id__in=keys).values_list("group_id", "role")
    return {pk: str(Role(role).label) for pk, role in found}


def _members(keys: Collection[Any]) -> dict[Any, str]:
    return dict(Membership.objects.filter(pk__in=keys).values_list("pk", "user__name"))


describe_actors(who)
show(Permission, _permissions)
show(Group, _groups)
show(Membership, _members)
title(OrganizationGroupObjectPermission, gettext_lazy("right of a role"))
title(OrganizationUserObjectPermission, gettext_lazy("right of a person"))
name_system(
    admin=gettext_lazy("platform staff"),
    create_api_token=gettext_lazy("platform staff"),
    membership_end=gettext_lazy("when a membership ended"),
    seed_demo=gettext_lazy("demo data"),
)

register(
    Trail(
        name="organization",
        title=gettext_lazy("History of the organization"),
        rows=Organization.objects.all,
        decide=own_members,
        home=lambda organization: reverse("organizations:organization_detail", args=[organization.pk]),
    )
)
register(
    Trail(
        name="role_rights",
        title=gettext_lazy("History of the rights of roles"),
        rows=Organization.objects.all,
        decide=lambda actor, organization: can_manage_rights(actor, organization.pk),
        home=lambda organization: reverse("organizations:right_list"),
        events=_events_of_roles,
        hidden=frozenset({"id", "content_object"}),
    )
)
register(
    Trail(
        name="membership",
        title=gettext_lazy("History of the membership"),
        rows=Membership.objects.all,
        decide=lambda actor, membership: can_manage_members(actor, membership.organization_id),
        home=lambda membership: reverse("organizations:member_list"),
    )
)
register(
    Trail(
        name="person_rights",
        title=gettext_lazy("History of the rights of a person"),
        rows=Membership.objects.all,
        decide=lambda actor, membership: can_manage_rights(actor, membership.organization_id),
        home=lambda membership: reverse("organizations:person_right_list", args=[membership.pk]),
        events=_events_of_person,
        hidden=frozenset({"id", "content_object", "membership", "user"}),
    )
)
register(
    Trail(
        name="registration",
        title=gettext_lazy("History of the registration"),
        rows=Registration.objects.all,
        decide=can_decide_registration,
        home=lambda registration: reverse("organizations:registration_detail", args=[registration.pk]),
    )
)
