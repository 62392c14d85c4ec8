"""Pages of organizations and their members."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import OrganizationFilter
from ..forms import ReasonForm
from ..models import Organization
from ..policies import can_list_members, can_suspend
from ..regions import place_names
from ..services import organization_resume, organization_suspend


class OrganizationList(ActorListView):
    queryset = Organization.objects.select_related("region")
    filterset_class = OrganizationFilter
    template_name = "organizations/organization_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "kind", Organization.Kind.choices, _("All"))
        return super().get_context_data(chips=chips, **kwargs)


@require_safe
def organization_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """What the organization is; to those who belong to it, how many they are."""
    actor = request.actor
    organization = fetch(Organization.objects.visible_to(actor).select_related("region__parent__parent"), pk=pk)
    own = organization.pk == actor.organization_id
    return render(
        request,
        "organizations/organization_detail.html",
        {
            "organization": organization,
            "place": place_names(organization.region),
            "own": own,
            "members": organization.memberships.current().count() if own else None,
            "list_members": can_list_members(actor),
            "suspend": can_suspend(actor).allowed,
        },
    )


class OrganizationSuspend(ServiceFormView):
    form_class = ReasonForm
    title = _("Suspend the organization")
    submit_label = _("Suspend")
    success_message = _("The organization is suspended. Its people and tokens open nothing from now on.")

    def prepare(self) -> None:
        self.organization = fetch(Organization.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_suspend(self.actor).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _(
            "Its people read the reason at their next request. Agreements, placements and records stay as they are."
        )
        back = reverse("organizations:organization_detail", args=[self.organization.pk])
        crumbs = [{"label": str(self.organization), "url": back}]
        return super().get_context_data(lead=lead, crumbs=crumbs, cancel=back, danger=True, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        organization_suspend(self.actor, organization_id=self.organization.pk, reason=form.cleaned_data["reason"])
        return reverse("organizations:organization_detail", args=[self.organization.pk])


@require_POST
def organization_resume_act(request: PortalRequest, pk: int) -> HttpResponse:
    organization_resume(request.actor, organization_id=pk)
    messages.success(request, _("The organization may act again."))
    return redirect("organizations:organization_detail", pk=pk)
