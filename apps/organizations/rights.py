"""What can be granted to whom within an organization, and why not."""

from __future__ import annotations

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .models import Membership, OrganizationGroupObjectPermission, OrganizationUserObjectPermission, Role

RIGHTS: dict[str, str | Promise] = {
    "manage_members": _("manage members and rights"),
    "view_agreements": _("see agreements"),
    "manage_agreements": _("draft and end agreements"),
    "sign_agreements": _("sign agreements"),
    "manage_bases": _("manage bases and intakes"),
    "review_applications": _("decide on applications"),
    "manage_placements": _("arrange placements"),
    "manage_evaluations": _("manage evaluation schemes"),
    "view_reports": _("see reports"),
}
"""Every permission on an organization, in the order of the chain, in words that follow “may”."""

_EVERY_STUDENT = frozenset({"review_applications", "manage_placements", "manage_evaluations"})
_TUTORS_SHARE = frozenset({"view_agreements", "view_reports"})


def can_manage_rights(actor: Actor, organization_id: int) -> Decision:
    if actor.is_system or (actor.may("manage_members") and actor.organization_id == organization_id):
        return ALLOWED
    return Decision(False, _("Only an administrator of the organization sees and changes who may do what."))


def grantable_to_role(role: str, codename: str) -> Decision:
    """Whether a role may be given this permission in any organization."""
    if codename == "manage_members":
        return _to_administrators_alone(role)
    if role == Role.STUDENT:
        return Decision(
            False, _("Students get no rights as a role: they are many, and some are minors. Grant it to one person.")
        )
    if role == Role.TUTOR and codename not in _TUTORS_SHARE:
        return Decision(
            False,
            _(
                "Not for all tutors: it reaches beyond their own students. Grant it to one person, or make them coordinator."
            ),
        )
    return ALLOWED


def grantable_to_person(role: str, codename: str) -> Decision:
    """Whether a person who acts in ``role`` may be given this permission beside it."""
    if codename == "manage_members":
        return _to_administrators_alone(role)
    if role == Role.STUDENT and codename != "view_agreements":
        return Decision(False, _("A student is given nothing that binds the organization or shows other students."))
    if role == Role.TUTOR and codename in _EVERY_STUDENT:
        return Decision(
            False, _("It shows every student's data, a tutor sees their own. Let the person in as coordinator.")
        )
    return ALLOWED


def withdrawable_from_role(role: str, codename: str) -> Decision:
    if role == Role.ADMINISTRATOR and codename == "manage_members":
        return Decision(False, _("Administrators keep this: nobody could let anybody in any more."))
    return ALLOWED


def _to_administrators_alone(role: str) -> Decision:
    if role == Role.ADMINISTRATOR:
        return ALLOWED
    return Decision(
        False, _("Only for administrators, who sign in with a second factor. Let the person in as administrator.")
    )


def role_codenames(organization_id: int) -> dict[str, set[str]]:
    """What each role of an organization may do there. One statement."""
    granted = OrganizationGroupObjectPermission.objects.filter(
        content_object_id=organization_id, group__role_group__organization_id=organization_id
    )
    found: dict[str, set[str]] = {role: set() for role in Role.values}
    for role, codename in granted.values_list("group__role_group__role", "permission__codename"):
        found[role].add(codename)
    return found


def personal_codenames(organization_id: int) -> dict[int, set[str]]:
    """What single memberships of an organization may do there beside their role. One statement."""
    granted = OrganizationUserObjectPermission.objects.filter(
        content_object_id=organization_id, membership__organization_id=organization_id, membership__ended_at=None
    )
    found: dict[int, set[str]] = {}
    for membership_id, codename in granted.values_list("membership", "permission__codename"):
        found.setdefault(membership_id, set()).add(codename)
    return found


def people_by_role(organization_id: int) -> dict[str, int]:
    """How many people act in each role now. One statement."""
    current = Membership.objects.current().filter(organization_id=organization_id).order_by()
    return dict.fromkeys(Role.values, 0) | dict(current.values_list("role").annotate(Count("pk")))
