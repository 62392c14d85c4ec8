"""Pages that make the tri-party agreements: of one placement, and of all placements of an intake."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agreements.models import Agreement
from apps.bases.models import Intake
from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.services import fetch
from apps.core.views import ServiceFormView

from ..forms import AgreementDaysForm
from ..models import Placement
from ..policies import can_make_agreement, can_make_agreements
from ..services import placement_agreement_draft, placement_agreements_ask
from ..services.agreements import of_intake, without_placement
from .placements import OnePlacement

SHOWN = 100


class PlacementAgreement(OnePlacement):
    form_class = AgreementDaysForm
    title = _("Make the tri-party agreement")
    submit_label = _("Make the draft")
    success_message = _("The draft is filled from the placement. Read it, then submit it.")

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_make_agreement(actor, placement)

    def get_initial(self) -> dict[str, Any]:
        return {"not_before": max(self.placement.starts_on, timezone.localdate())}

    def perform(self, form: AgreementDaysForm) -> str:
        agreement = placement_agreement_draft(self.actor, placement_id=self.placement.pk, **form.cleaned_data)
        return reverse("agreements:agreement_detail", args=[agreement.pk])


class IntakeAgreements(ServiceFormView):
    """How far the agreements of an intake are, and the one act that makes those that are missing."""

    form_class = AgreementDaysForm
    template_name = "placements/intake_agreements.html"
    title = _("Tri-party agreements")
    submit_label = _("Make and submit them")
    intake: Intake

    def prepare(self) -> None:
        can_make_agreements(self.actor).require()
        self.intake = fetch(Intake.objects.visible_to(self.actor).select_related("base"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"not_before": max(self.intake.starts_on, timezone.localdate())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = of_intake(self.actor, self.intake.pk)
        counts = dict(rows.order_by().values_list("agreement__state").annotate(Count("pk")))
        listed = rows.exclude(agreement__state=Agreement.State.IN_FORCE)
        url = reverse("bases:intake_detail", args=[self.intake.pk])
        page = {
            "intake": self.intake,
            "counts": _in_words(counts, without_placement(self.actor, self.intake.pk).count()),
            "rows": listed.with_names().select_related("agreement").order_by("pk")[:SHOWN],
            "arranged": bool(counts),
            "lead": f"{self.intake.title} · {self.intake.base}",
            "crumbs": [{"label": self.intake.title, "url": url}],
            "cancel": url,
        }
        return super().get_context_data(**page | kwargs)

    def perform(self, form: AgreementDaysForm) -> str:
        job = placement_agreements_ask(self.actor, intake_id=self.intake.pk, **form.cleaned_data)
        return reverse("jobs:run_detail", args=[job.pk])


def _in_words(counts: dict[str | None, int], unarranged: int) -> list[tuple[Any, int]]:
    states = [(Agreement.State(state).label, count) for state, count in counts.items() if state is not None]
    return [
        (_("accepted, without a placement"), unarranged),
        (_("without an agreement"), counts.get(None, 0)),
        *states,
    ]
