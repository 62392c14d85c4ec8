"""What the parties owe under an agreement, and how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Decision
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..forms import ReportForm, ShortReasonForm
from ..models import Agreement, Obligation
from ..policies import can_report, can_settle
from ..services import (
    obligation_confirm,
    obligation_dispute,
    obligation_report,
    obligation_waive,
)
from ..tabs import tabs_of

State = Obligation.State


@require_safe
def obligation_list(request: PortalRequest, pk: int) -> HttpResponse:
    """Every duty, the next due first, with what the actor can do about it."""
    actor = request.actor
    agreement = fetch(
        Agreement.objects.visible_to(actor).prefetch_related(
            "obligations__party__organization", "obligations__party__student__user", "parties"
        ),
        pk=pk,
    )
    binding = agreement.state == Agreement.State.IN_FORCE
    rows = []
    for duty in agreement.obligations.all():
        settle = binding and duty.state in Obligation.OPEN and can_settle(actor, duty)
        rows.append(
            {
                "duty": duty,
                "report": binding and duty.state == State.OWED and can_report(actor, duty),
                "confirm": settle and duty.state == State.REPORTED,
                "waive": settle,
            }
        )
    return render(
        request,
        "agreements/obligation_list.html",
        {"agreement": agreement, "rows": rows, "tabs": tabs_of(agreement, "obligations")},
    )


class OneObligation(ServiceFormView):
    """A form about one obligation."""

    def prepare(self) -> None:
        rows = Obligation.objects.visible_to(self.actor).select_related(
            "party__organization", "party__student__user", "agreement"
        )
        self.obligation = fetch(rows, pk=self.kwargs["pk"])
        self.decide().require()

    def decide(self) -> Decision:
        return can_settle(self.actor, self.obligation)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": self.obligation.agreement.title, "url": self.back()}]
        lead = f"{self.obligation.party}: {self.obligation.text}"
        return super().get_context_data(crumbs=crumbs, cancel=self.back(), lead=lead, **kwargs)

    def back(self) -> str:
        return reverse("agreements:obligations", args=[self.obligation.agreement_id])


class ObligationReport(OneObligation):
    form_class = ReportForm
    title = _("Report as fulfilled")
    submit_label = _("Report")
    success_message = _("The other parties are asked to confirm.")

    def decide(self) -> Decision:
        return can_report(self.actor, self.obligation)

    def perform(self, form: ReportForm) -> str:
        obligation_report(self.actor, obligation_id=self.obligation.pk, note=form.cleaned_data["note"])
        return self.back()


class ObligationDispute(OneObligation):
    form_class = ShortReasonForm
    title = _("Not fulfilled yet")
    submit_label = _("Send back")
    success_message = _("It is owed again. The party that owes it is told why.")

    def perform(self, form: ShortReasonForm) -> str:
        obligation_dispute(self.actor, obligation_id=self.obligation.pk, reason=form.cleaned_data["reason"])
        return self.back()


class ObligationWaive(OneObligation):
    form_class = ShortReasonForm
    title = _("Waive the obligation")
    submit_label = _("Waive")
    success_message = _("The obligation is waived.")

    def perform(self, form: ShortReasonForm) -> str:
        obligation_waive(self.actor, obligation_id=self.obligation.pk, reason=form.cleaned_data["reason"])
        return self.back()


@require_POST
def obligation_confirm_act(request: PortalRequest, pk: int) -> HttpResponse:
    row = obligation_confirm(request.actor, obligation_id=pk)
    messages.success(request, _("Confirmed as fulfilled."))
    return redirect("agreements:obligations", pk=row.agreement_id)
