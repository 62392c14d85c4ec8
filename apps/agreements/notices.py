"""The kinds of notification that agreements send."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Agreement, AgreementParty, AgreementVersion, Obligation, Signer


def people_holding(codename: str, parties: QuerySet[AgreementParty]) -> QuerySet[User]:
    """Who holds a right in the organizations among the parties, and the students among them."""
    holders = Membership.objects.holding(codename).filter(
        Q(organization_id__in=parties.values("organization_id")) | Q(pk__in=parties.values("student_id"))
    )
    students = Membership.objects.current().filter(pk__in=parties.values("student_id"))
    return User.objects.filter(Q(pk__in=holders.values("user_id")) | Q(pk__in=students.values("user_id")))


class AgreementKind(Kind):
    """To everyone who acts for a party, and to students who are one."""

    right = "sign_agreements"

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        parties = AgreementParty.objects.filter(agreement_id=payload["agreement"], shown_at__isnull=False, left_at=None)
        return people_holding(self.right, parties)

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        agreement = Agreement.objects.get(pk=payload["agreement"])
        return {
            "title": agreement.title,
            "number": agreement.number,
            "ends_on": agreement.ends_on.isoformat(),
            "last_day": agreement.final_day.isoformat(),
            "url": reverse("agreements:agreement_detail", args=[agreement.pk]),
        }


@register
class AgreementInForce(AgreementKind):
    code = "agreement_in_force"
    text = _("Agreement %(number)s “%(title)s” is signed by all parties.")


@register
class AgreementAmended(AgreementKind):
    code = "agreement_amended"
    text = _("A change of agreement %(number)s “%(title)s” is signed by all parties.")


@register
class AgreementSuspended(AgreementKind):
    code = "agreement_suspended"
    text = _("Agreement %(number)s “%(title)s” is suspended: nothing new begins under it.")


@register
class AgreementResumed(AgreementKind):
    code = "agreement_resumed"
    text = _("Agreement %(number)s “%(title)s” goes on.")


@register
class AgreementNotice(AgreementKind):
    code = "agreement_notice"
    text = _("Agreement %(number)s “%(title)s” ends early, on %(last_day)s.")


@register
class AgreementTerminated(AgreementKind):
    code = "agreement_terminated"
    text = _("Agreement %(number)s “%(title)s” was terminated.")


@register
class AgreementExpired(AgreementKind):
    code = "agreement_expired"
    text = _("Agreement %(number)s “%(title)s” has expired.")


@register
class AgreementExpiring(AgreementKind):
    """To those of the parties who can renew it."""

    code = "agreement_expiring"
    right = "manage_agreements"
    text = _("Agreement %(number)s “%(title)s” ends on %(ends_on)s.")


class VersionKind(Kind):
    """To everyone who acts for a party to which it was shown, and to students who are one."""

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return people_holding("sign_agreements", AgreementParty.objects.filter(pk__in=payload["parties"]))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        version = AgreementVersion.objects.select_related("agreement").get(pk=payload["version"])
        return {
            "title": version.agreement.title,
            "number": version.agreement.number,
            "url": reverse("agreements:agreement_detail", args=[version.agreement_id]),
        }


@register
class VersionRecalled(VersionKind):
    code = "version_recalled"
    text = _("Agreement %(number)s “%(title)s” was taken back to be changed.")


@register
class VersionSentBack(VersionKind):
    code = "version_sent_back"
    text = _("A party wants agreement %(number)s “%(title)s” changed before it signs.")


@register
class VersionRefused(VersionKind):
    code = "version_refused"
    text = _("A party refuses to sign agreement %(number)s “%(title)s”.")


@register
class VersionWithdrawn(VersionKind):
    code = "version_withdrawn"
    text = _("Agreement %(number)s “%(title)s” was withdrawn before all had signed.")


@register
class VersionLapsed(VersionKind):
    code = "version_lapsed"
    text = _("Agreement %(number)s “%(title)s” was not signed in time.")


@register
class SignatureAsked(Kind):
    """To who is named as signer or deputy; to all who may sign for the party when nobody is."""

    code = "signature_asked"
    text = _("Agreement %(number)s “%(title)s” waits for your signature.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        signer = Signer.objects.select_related("party", "version").get(pk=payload["signer"])
        if signer.removed_at or signer.version.state != AgreementVersion.State.AWAITING_SIGNATURES or signer.standing:
            return User.objects.none()
        return User.objects.filter(pk__in=self.members(signer).values("user_id"))

    def members(self, signer: Signer) -> QuerySet[Membership]:
        named = [pk for pk in (signer.membership_id, signer.deputy_id) if pk]
        if named:
            return Membership.objects.current().filter(pk__in=named)
        holders = Membership.objects.holding("sign_agreements")
        return holders.filter(organization_id=signer.party.organization_id or 0)

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        signers = Signer.objects.select_related("version__agreement", "membership__user", "party__organization")
        signer = signers.get(pk=payload["signer"])
        agreement = signer.version.agreement
        return {
            "title": agreement.title,
            "number": agreement.number,
            "signer": signer.who or str(signer.party),
            "sign_until": signer.version.sign_until.isoformat(),
            "url": reverse("agreements:agreement_detail", args=[agreement.pk]),
        }


@register
class SignatureMissing(SignatureAsked):
    """Like the first time, after a week and every week from then on."""

    code = "signature_missing"
    text = _("Agreement %(number)s “%(title)s” still waits for your signature, until %(sign_until)s.")


@register
class SignatureMissingOutside(SignatureAsked):
    """To who acts for the party, of a guardian for who drafted it: they can send another link, or record a paper."""

    code = "signature_missing_outside"
    text = _("%(signer)s has not signed agreement %(number)s “%(title)s” yet. It has to be signed by %(sign_until)s.")

    def members(self, signer: Signer) -> QuerySet[Membership]:
        holders = Membership.objects.holding("manage_agreements")
        return holders.filter(organization_id=signer.party.organization_id or signer.version.drafted_by_id)


class ObligationKind(Kind):
    """About something that a party owes, with a link to the obligations of its agreement."""

    def row(self, payload: dict[str, Any]) -> Obligation:
        rows = Obligation.objects.select_related("party__organization", "party__student__user")
        return rows.get(pk=payload["obligation"])

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        row = self.row(payload)
        return {
            "text": row.text,
            "party": str(row.party),
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
        return people_holding("manage_agreements", others)


class ToWhoOwes(ObligationKind):
    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        return people_holding("manage_agreements", AgreementParty.objects.filter(pk=self.row(payload).party_id))


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
