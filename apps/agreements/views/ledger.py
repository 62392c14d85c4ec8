"""The ledger of an agreement: entries, the balance of interests, the shares."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.charts import Series, bar_chart
from apps.core.errors import Decision, NotFound
from apps.core.lists import keyset_page
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest, ServiceFormView

from ..balance import PartyBalance, balance_of
from ..forms import LedgerForm, ReasonForm
from ..models import Agreement, LedgerEntry
from ..policies import can_record, can_void
from ..services import ledger_record, ledger_void
from ..tabs import tabs_of
from .drafts import OneAgreement

Side, Stage, Horizon = LedgerEntry.Side, LedgerEntry.Stage, LedgerEntry.Horizon


@require_safe
def ledger_page(request: PortalRequest, pk: int) -> HttpResponse:
    """Who put in and got out what: the balance by party, short and long term, and the entries behind it."""
    agreement = fetch(Agreement.objects.visible_to(request.actor), pk=pk)
    lines = balance_of(agreement)
    entries = LedgerEntry.objects.visible_to(request.actor).filter(agreement=agreement)
    page = keyset_page(entries.select_related("party__organization", "party__student__user"), request)
    return render(
        request,
        "agreements/ledger.html",
        {
            "agreement": agreement,
            "tabs": tabs_of(agreement, "ledger"),
            "lines": [(line, _figures(line)) for line in lines],
            "chart": _chart(lines),
            "page": page,
            "rows": [(entry, can_void(request.actor, entry)) for entry in page.rows],
            "record": _record_decision(request, agreement),
        },
    )


def _record_decision(request: PortalRequest, agreement: Agreement) -> Decision:
    if agreement.in_force_at is None:
        return Decision(False, _("The ledger opens when all parties have signed."))
    return can_record(request.actor, agreement)


def _figures(line: PartyBalance) -> list[tuple[str, str, Any, Any]]:
    """Side and horizon in words, planned, actual."""
    return [
        (
            str(side.label),
            str(horizon.label),
            line.total(side, Stage.PLANNED, horizon),
            line.total(side, Stage.ACTUAL, horizon),
        )
        for side in Side
        for horizon in Horizon
    ]


def _chart(lines: list[PartyBalance]) -> Any:
    """Contributions beside benefits, actual, by party; ``None`` while there is nothing to see."""
    put_in = [line.total(Side.CONTRIBUTION, Stage.ACTUAL) for line in lines]
    got_out = [line.total(Side.BENEFIT, Stage.ACTUAL) for line in lines]
    if not any([*put_in, *got_out]):
        return None
    return bar_chart(
        gettext("What each party put in and got out"),
        [line.name for line in lines],
        [
            Series(gettext("Contributions"), [float(value) for value in put_in]),
            Series(gettext("Benefits"), [float(value) for value in got_out]),
        ],
        category_label=gettext("Party"),
        value_label=gettext("CNY"),
    )


class LedgerRecord(OneAgreement):
    form_class = LedgerForm
    title = _("Add to the ledger")
    submit_label = _("Save the entry")
    success_message = _("The entry is saved. All parties see it.")

    def decide(self, actor: Any) -> Decision:
        return can_record(actor, self.agreement)

    def back(self) -> str:
        return reverse("agreements:ledger", args=[self.agreement.pk])

    def perform(self, form: LedgerForm) -> str:
        ledger_record(self.actor, agreement_id=self.agreement.pk, **form.cleaned_data)
        return self.back()


class LedgerVoid(ServiceFormView):
    form_class = ReasonForm
    title = _("Void this entry")
    submit_label = _("Void the entry")
    success_message = _("The entry counts no more.")

    def prepare(self) -> None:
        rows = LedgerEntry.objects.visible_to(self.actor).select_related("party", "agreement")
        self.entry = fetch(rows, pk=self.kwargs["pk"])
        can_void(self.actor, self.entry).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": self.entry.agreement.title, "url": self.back()}]
        return super().get_context_data(crumbs=crumbs, cancel=self.back(), danger=True, lead=str(self.entry), **kwargs)

    def back(self) -> str:
        return reverse("agreements:ledger", args=[self.entry.agreement_id])

    def perform(self, form: ReasonForm) -> str:
        ledger_void(self.actor, entry_id=self.entry.pk, reason=form.cleaned_data["reason"])
        return self.back()


@require_safe
def ledger_evidence(request: PortalRequest, pk: int) -> FileResponse:
    """The file behind an entry, to save."""
    entry = fetch(LedgerEntry.objects.visible_to(request.actor), pk=pk)
    if not entry.evidence:
        raise NotFound
    return attachment(entry.evidence, entry.evidence_name)
