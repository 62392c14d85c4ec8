"""The kinds of notification that this app sends."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.agreements.models import AgreementParty
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership, Organization, Role

from .models import Intake


@register
class IntakeOpened(Kind):
    """To the students of the partner universities and to who arranges placements there; too many for e-mail."""

    code = "intake_opened"
    text = _("%(base)s takes applications until %(closes_on)s: “%(title)s”.")
    mail = False

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        universities = AgreementParty.objects.filter(
            agreement__bases__intakes=payload["intake"], organization__kind=Organization.Kind.UNIVERSITY
        ).values("organization_id")
        members = Membership.objects.filter(organization_id__in=universities)
        students = members.current().filter(role=Role.STUDENT)
        coordinators = members.holding("manage_placements")
        return User.objects.filter(Q(pk__in=students.values("user_id")) | Q(pk__in=coordinators.values("user_id")))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        intake = Intake.objects.select_related("base").get(pk=payload["intake"])
        return {
            "title": intake.title,
            "base": intake.base.name,
            "closes_on": intake.closes_on.isoformat(),
            "url": reverse("bases:intake_detail", args=[intake.pk]),
        }
