"""The kinds of notification that this app sends."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Application


class ApplicationKind(Kind):
    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        application = Application.objects.select_related("student__user", "position", "intake__base").get(
            pk=payload["application"]
        )
        return {
            "student": application.student.user.name,
            "position": application.position.title,
            "base": application.intake.base.name,
            "url": reverse("applications:application_detail", args=[application.pk]),
        }


def _student(payload: dict[str, Any]) -> Q:
    return Q(memberships__applications=payload["application"])


def _members(payload: dict[str, Any], side: str, codename: str) -> Q:
    """Who holds the permission at the ``host`` or the ``university`` of the application."""
    organization = Application.objects.filter(pk=payload["application"]).values(f"{side}_id")
    members = Membership.objects.holding(codename).filter(organization_id__in=organization)
    return Q(pk__in=members.values("user_id"))


class ToReviewers(ApplicationKind):
    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(_members(payload, "host", "review_applications"))


@register
class ApplicationSubmitted(ToReviewers):
    code = "application_submitted"
    text = _("%(student)s applies for “%(position)s” at %(base)s.")


@register
class ApplicationWithdrawn(ToReviewers):
    code = "application_withdrawn"
    text = _("%(student)s has withdrawn the application for “%(position)s” at %(base)s.")


@register
class ApplicationAccepted(ApplicationKind):
    """To the student, and to who arranges the placement at the university."""

    code = "application_accepted"
    text = _("%(student)s has a place as “%(position)s” at %(base)s.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(_student(payload) | _members(payload, "university", "manage_placements"))


@register
class ApplicationRejected(ApplicationKind):
    """To the student."""

    code = "application_rejected"
    text = _("The application for “%(position)s” at %(base)s was rejected. Open it to read the reason.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(_student(payload))


@register
class ApplicationProposed(ApplicationKind):
    """To the student."""

    code = "application_proposed"
    text = _("Your university has applied for “%(position)s” at %(base)s for you. Withdraw it if you do not want it.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(_student(payload))
