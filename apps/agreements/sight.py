"""Who can see an agreement, and why."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.organizations.models import Membership
from apps.organizations.sight import Anchor, Reason, governments_over, register

from .models import Agreement
from .policies import can_oversee


def reasons(agreement: Agreement) -> list[Reason]:
    readers = Membership.objects.holding("view_agreements")
    drafter = Reason(_("Their organization drafted it."), readers.filter(organization_id=agreement.drafted_by_id))
    shown = agreement.parties.filter(shown_at__isnull=False)
    others = shown.exclude(organization_id=agreement.drafted_by_id).values("organization_id")
    asked = agreement.in_force_at is None
    words = _("Their organization was asked to sign it.") if asked else _("Their organization is or was a party.")
    students = Membership.objects.current().filter(pk__in=shown.values("student_id"))
    found = [
        drafter,
        Reason(words, readers.filter(organization_id__in=others)),
        Reason(_("They are a party themselves."), students),
    ]
    if agreement.in_force_at is not None:
        joined = agreement.parties.filter(joined_at__isnull=False, organization__region__isnull=False)
        regions = joined.values_list("organization__region_id", flat=True)
        over = governments_over(set(regions)).exclude(party_in__in=shown)
        found.append(
            Reason(
                _("Government of the region of a party: it sees what was signed there."),
                readers.filter(organization__in=over),
            )
        )
    return found


register(
    Anchor(
        name="agreement",
        title=_("Who can see this agreement"),
        rows=Agreement.objects.all,
        decide=can_oversee,
        home=lambda agreement: reverse("agreements:agreement_detail", args=[agreement.pk]),
        reasons=reasons,
    )
)
