"""Pages of the life of an agreement in force."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision

from ..forms import ReasonForm
from ..policies import can_terminate
from ..services import (
    agreement_terminate,
)
from .drafts import OneAgreement


class AgreementTerminate(OneAgreement):
    form_class = ReasonForm
    title = _("Terminate the agreement")
    submit_label = _("Terminate")
    success_message = _("The agreement is terminated. All parties are told.")

    def decide(self, actor: Actor) -> Decision:
        return can_terminate(actor, self.agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Open intakes under this agreement close at once. Placements that have started go on.")
        return super().get_context_data(danger=True, lead=lead, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        agreement_terminate(self.actor, agreement_id=self.agreement.pk, cause="consent", reason=form.cleaned_data["reason"])
        return self.back()
