"""The kinds of notification that agreements send."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Agreement, AgreementParty, Obligation


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


class ObligationKind(Kind):
    """About something that a party owes, with a link to the obligations of its agreement."""

    def row(self, payload: dict[str, Any]) -> Obligation:
        return Obligation.objects.select_related("party__organization").get(pk=payload["obligation"])

    def of(self, organization_ids: Any) -> QuerySet[User]:
        holders = Membership.objects.holding("manage_agreements").filter(organization_id__in=organization_ids)
        return User.objects.filter(pk__in=holders.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        row = self.row(payload)
        return {
            "text": row.text,
            "party": row.party.organization.name,
            "due_on": row.due_on.isoformat(),
            "url": reverse("agreements:obligations", args=[row.agreement_id]),
        }


@register
class ObligationReported(ObligationKind):
    """To the other parties."""

    code = "obligation_reported"
    text = _("%(party)s reports “%(text)s” as fulfilled. Confirm it or say what is missing.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        row = self.row(payload)
        others = AgreementParty.objects.filter(agreement_id=row.agreement_id).exclude(pk=row.party_id)
        return self.of(others.values("organization_id"))


class ToWhoOwes(ObligationKind):
    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return self.of([self.row(payload).party.organization_id])


@register
class ObligationDisputed(ToWhoOwes):
    code = "obligation_disputed"
    text = _("Another party does not see “%(text)s” as fulfilled.")


@register
class ObligationDue(ToWhoOwes):
    code = "obligation_due"
    text = _("“%(text)s” is due on %(due_on)s.")


@register
class ObligationLate(ToWhoOwes):
    code = "obligation_late"
    text = _("“%(text)s” was due on %(due_on)s and is not fulfilled.")


@register
class AgreementExpiring(Kind):
    """To those of the parties who can renew it."""

    code = "agreement_expiring"
    text = _("Agreement %(number)s “%(title)s” ends on %(ends_on)s.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        parties = AgreementParty.objects.filter(agreement_id=payload["agreement"]).values("organization_id")
        holders = Membership.objects.holding("manage_agreements").filter(organization_id__in=parties)
        return User.objects.filter(pk__in=holders.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        agreement = Agreement.objects.get(pk=payload["agreement"])
        return {
            "title": agreement.title,
            "number": agreement.number,
            "ends_on": agreement.ends_on.isoformat(),
            "url": reverse("agreements:agreement_detail", args=[agreement.pk]),
        }
