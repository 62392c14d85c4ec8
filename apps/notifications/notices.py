"""The kinds of notification about organizations and their members."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.organizations.models import Membership, Organization, Registration, Role

from .kinds import Kind, register


class RegistrationKind(Kind):
    """About one registration, to its applicant."""

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(registrations=payload["registration"])

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        registration = Registration.objects.get(pk=payload["registration"])
        return {
            "name": registration.name,
            "url": reverse("organizations:registration_detail", args=[registration.pk]),
        }


@register
class RegistrationSubmitted(RegistrationKind):
    """To the platform's staff, and to the administrators of the body that invited the organization."""

    code = "registration_submitted"
    text = _("“%(name)s” asks to be let in.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        registration = Registration.objects.select_related("invitation").get(pk=payload["registration"])
        body = registration.invitation.organization_id if registration.invitation else 0
        hosts = Membership.objects.holding("manage_members").filter(organization_id=body)
        return User.objects.filter(Q(is_staff=True) | Q(pk__in=hosts.values("user_id")))


@register
class RegistrationApproved(RegistrationKind):
    code = "registration_approved"
    text = _("“%(name)s” is let in. You are its administrator.")


@register
class RegistrationRejected(RegistrationKind):
    code = "registration_rejected"
    text = _("The registration of “%(name)s” was rejected. Read why.")


class SuspensionKind(Kind):
    """To the administrators of the organization, who are no current members while it is suspended."""

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        administrators = Membership.objects.filter(
            organization_id=payload["organization"], role=Role.ADMINISTRATOR, ended_at=None
        )
        return User.objects.filter(pk__in=administrators.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        organization = Organization.objects.get(pk=payload["organization"])
        return {
            "name": organization.name,
            "url": reverse("organizations:organization_detail", args=[organization.pk]),
        }


@register
class OrganizationSuspended(SuspensionKind):
    code = "organization_suspended"
    text = _("%(name)s is suspended: nobody acts for it until the platform's staff lift this.")


@register
class OrganizationResumed(SuspensionKind):
    code = "organization_resumed"
    text = _("%(name)s may act again.")


@register
class WorkHandedOver(Kind):
    """To who takes over the open work of a member who left."""

    code = "work_handed_over"
    text = _("%(name)s has left. Their open work is yours now.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(memberships=payload["successor"])

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        membership = Membership.objects.select_related("user").get(pk=payload["membership"])
        return {"name": membership.user.name, "url": reverse("portal:home")}
