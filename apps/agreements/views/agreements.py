"""Pages of agreements."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.audit.history import history_of
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..filters import AgreementFilter
from ..models import Agreement, AgreementVersion
from ..policies import can_draft, can_edit, can_terminate


class AgreementList(ActorListView):
    queryset = Agreement.objects.prefetch_related("organizations")
    filterset_class = AgreementFilter
    permission = "view_agreements"
    template_name = "agreements/agreement_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "state", Agreement.State.choices, _("All")),
            draft=can_draft(self.request.actor),
            **kwargs,
        )


@require_safe
def agreement_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The agreement, who has signed, what the actor can do next, what happened."""
    actor = request.actor
    agreement = fetch(Agreement.objects.visible_to(actor).select_related("drafted_by", "mode"), pk=pk)
    versions = list(AgreementVersion.objects.visible_to(actor).whole().filter(agreement=agreement))
    newest = versions[-1] if versions else None
    return render(
        request,
        "agreements/agreement_detail.html",
        {
            "agreement": agreement,
            "versions": versions,
            "version": newest,
            "edit": can_edit(actor, newest) if newest and newest.state == AgreementVersion.State.DRAFT else None,
            "terminate": can_terminate(actor, agreement) if agreement.state in Agreement.STANDING else None,
            "history": history_of(agreement),
        },
    )
