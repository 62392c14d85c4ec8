"""Pages of organizations and their members."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..filters import OrganizationFilter
from ..models import Organization, Region
from ..policies import can_list_members


class OrganizationList(ActorListView):
    queryset = Organization.objects.select_related("region")
    filterset_class = OrganizationFilter
    template_name = "organizations/organization_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "kind", Organization.Kind.choices, _("All"))
        return super().get_context_data(chips=chips, **kwargs)


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
            "place": _place(organization.region),
            "own": own,
            "members": organization.memberships.current().count() if own else None,
            "list_members": can_list_members(actor),
        },
    )


def _place(region: Region | None) -> list[str]:
    """The names of the region and those above it, the highest first."""
    names: list[str] = []
    while region is not None:
        names.insert(0, region.name)
        region = region.parent
    return names
