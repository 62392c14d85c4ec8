"""Asking for erasure, and deciding on it."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import ErasureRequestFilter
from ..forms import ErasureForm, RefuseForm
from ..models import ErasureRequest
from ..policies import can_decide
from ..services import erasure_ask, erasure_carry_out, erasure_refuse, erasure_withdraw


@method_decorator(reauthentication_required, name="dispatch")
class ErasureAsk(ServiceFormView):
    form_class = ErasureForm
    title = gettext_lazy("Ask to be erased")
    submit_label = gettext_lazy("Ask to be erased")
    success_message = gettext_lazy("Your request is there. You can take it back until it is carried out.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("privacy:overview")
        lead = _(
            "Name, address, birth date, identity number and everything that is only yours is erased. Records that the law "
            "demands stay without your name until their period is over."
        )
        crumbs = [{"label": _("My data"), "url": back}]
        return super().get_context_data(**{"lead": lead, "crumbs": crumbs, "cancel": back, "danger": True} | kwargs)

    def perform(self, form: ErasureForm) -> str:
        erasure_ask(self.actor, reason=form.cleaned_data["reason"])
        return reverse("privacy:overview")


class ErasureList(ActorListView):
    """What waits for the platform's staff, and what was decided."""

    queryset = ErasureRequest.objects.select_related("person", "decided_by")
    filterset_class = ErasureRequestFilter
    template_name = "privacy/erasure_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_decide(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "state", ErasureRequest.State.choices, gettext_lazy("All"))
        return super().get_context_data(chips=chips, **kwargs)


class ErasureRefuse(ServiceFormView):
    form_class = RefuseForm
    title = gettext_lazy("Refuse the erasure")
    submit_label = gettext_lazy("Refuse")
    success_message = gettext_lazy("The request is refused. The person is told.")

    def prepare(self) -> None:
        self.erasure = fetch(ErasureRequest.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_decide(self.actor).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("privacy:erasure_list")
        crumbs = [{"label": _("Requests for erasure"), "url": back}]
        return super().get_context_data(**{"crumbs": crumbs, "cancel": back, "danger": True} | kwargs)

    def perform(self, form: RefuseForm) -> str:
        erasure_refuse(self.actor, request_id=self.erasure.pk, reason=form.cleaned_data["reason"])
        return reverse("privacy:erasure_list")


@require_POST
def erasure_withdraw_act(request: PortalRequest, pk: int) -> HttpResponse:
    erasure_withdraw(request.actor, request_id=pk)
    messages.success(request, _("You stay. Nothing was erased."))
    return redirect("privacy:overview")


@require_POST
def erasure_carry_out_act(request: PortalRequest, pk: int) -> HttpResponse:
    """Before its time, by the platform's staff."""
    erasure = fetch(ErasureRequest.objects.visible_to(request.actor), pk=pk)
    erasure_carry_out(request.actor, person_id=erasure.person_id)
    messages.success(request, _("The person is erased."))
    return redirect("privacy:erasure_list")
