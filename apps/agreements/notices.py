"""The kinds of notification that agreements send."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Agreement, AgreementParty


class AgreementKind(Kind):
    """To everyone who signs for a party."""

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        parties = AgreementParty.objects.filter(agreement_id=payload["agreement"]).values("organization_id")
        signers = Membership.objects.holding("sign_agreements").filter(organization_id__in=parties)
        return User.objects.filter(pk__in=signers.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        agreement = Agreement.objects.get(pk=payload["agreement"])
        return {
            "title": agreement.title,
            "number": agreement.number,
            "url": reverse("agreements:agreement_detail", args=[agreement.pk]),
        }


@register
class AgreementSubmitted(AgreementKind):
    code = "agreement_submitted"
    text = _("Agreement %(number)s “%(title)s” waits for signatures.")


@register
class AgreementInForce(AgreementKind):
    code = "agreement_in_force"
    text = _("Agreement %(number)s “%(title)s” is signed by all parties.")


@register
class AgreementTerminated(AgreementKind):
    code = "agreement_terminated"
    text = _("Agreement %(number)s “%(title)s” was terminated.")
