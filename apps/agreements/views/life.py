"""Pages of the life of an agreement in force: suspended, resumed, ended early."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.errors import Decision, WrongState
from apps.core.services import require_reason
from apps.core.views import PortalRequest, add_errors

from ..events import effects_of
from ..forms import ReasonForm, TerminationForm
from ..models import Agreement
from ..policies import can_terminate
from ..services import (
    Preview,
    agreement_resume,
    agreement_suspend,
    agreement_terminate,
    earliest_last_day,
    termination_preview,
)
from .drafts import OneAgreement


class AgreementSuspend(OneAgreement):
    form_class = ReasonForm
    template_name = "agreements/life_suspend.html"
    title = _("Suspend the agreement")
    submit_label = _("Suspend the agreement")
    success_message = _("The agreement is suspended. All parties are told.")

    def prepare(self) -> None:
        super().prepare()
        if self.agreement.state != Agreement.State.IN_FORCE:
            raise WrongState(_now("Only an agreement in force is suspended."))

    def decide(self, actor: Actor) -> Decision:
        return can_terminate(actor, self.agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        effects = effects_of(self.actor, self.agreement, timezone.localdate())
        return super().get_context_data(danger=True, effects=effects, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        agreement_suspend(self.actor, agreement_id=self.agreement.pk, reason=form.cleaned_data["reason"])
        return self.back()


@require_POST
def agreement_resume_act(request: PortalRequest, pk: int) -> HttpResponse:
    agreement_resume(request.actor, agreement_id=pk)
    messages.success(request, _("The agreement goes on. All parties are told."))
    return redirect("agreements:agreement_detail", pk=pk)


class AgreementTerminate(OneAgreement):
    """Two steps: what is wanted; then what it will touch, and the word to do it. Nothing is kept between them."""

    form_class = TerminationForm
    template_name = "agreements/life_terminate.html"
    title = _("End the agreement early")
    submit_label = _("See what it touches")

    def prepare(self) -> None:
        super().prepare()
        if self.agreement.state not in Agreement.STANDING:
            raise WrongState(_now("Only an agreement in force is ended early."))

    def decide(self, actor: Actor) -> Decision:
        return can_terminate(actor, self.agreement)

    def get_form_kwargs(self) -> dict[str, Any]:
        earliest = earliest_last_day(self.agreement, timezone.localdate())
        return super().get_form_kwargs() | {"earliest": date_format(earliest)}

    def form_valid(self, form: TerminationForm) -> HttpResponse:  # type: ignore[override]  # the form of this page
        values = form.cleaned_data
        if "back" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        if "confirmed" in self.request.POST:
            return super().form_valid(form)
        try:
            preview = termination_preview(
                self.actor, agreement_id=self.agreement.pk, cause=values["cause"], last_day=values["last_day"]
            )
            require_reason(values["reason"])
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        return self._review(form, preview)

    def _review(self, form: TerminationForm, preview: Preview) -> HttpResponse:
        """The second step: the same values, hidden, with the day that was worked out."""
        values = form.cleaned_data | {"last_day": preview.last_day}
        sent = {name: values[name] or "" for name in ("cause", "reason", "settlement")}
        sent |= {"last_day": preview.last_day.isoformat(), "confirmed": "on"}
        cause = Agreement.Cause(values["cause"]).label
        today = preview.last_day <= timezone.localdate()
        context = {"preview": preview, "values": values, "sent": sent, "cause": cause, "ends_today": today}
        return self.render_to_response(self.get_context_data(form=form, **context))

    def perform(self, form: TerminationForm) -> str:
        values = {name: form.cleaned_data[name] for name in ("cause", "reason", "settlement", "last_day")}
        agreement = agreement_terminate(self.actor, agreement_id=self.agreement.pk, **values)
        if agreement.ended_at is not None:
            text = _now("The agreement has ended. All parties are told.")
        else:
            text = _now("Notice is given: the agreement ends on %(day)s. All parties are told.") % {
                "day": date_format(agreement.final_day)
            }
        messages.success(self.request, text)
        return reverse("agreements:agreement_detail", args=[agreement.pk])
