"""The tree of units of the acting organization."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.errors import Decision
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..forms import UnitForm, UnitMoveForm, UnitNameForm, in_order
from ..models import Unit
from ..policies import can_manage_units
from ..services import unit_add, unit_close, unit_move, unit_rename
from .tabs import UNITS, people_tabs


@require_safe
def unit_list(request: PortalRequest) -> HttpResponse:
    """The tree as an indented list, each unit with the number of its current members."""
    actor = request.actor
    Decision(actor.is_member, _("Only members see the units of an organization.")).require()
    current = Q(memberships__ended_at=None, memberships__user__is_active=True)
    units = Unit.objects.visible_to(actor).open().annotate(members=Count("memberships", filter=current))
    context = {
        "tabs": people_tabs(actor, UNITS),
        "tree": _nested(in_order(units)),
        "manage": can_manage_units(actor, actor.organization_id),
    }
    return render(request, "organizations/unit_list.html", context)


def _nested(units: list[tuple[int, Unit]]) -> list[dict[str, Any]]:
    top: list[dict[str, Any]] = []
    open_lists = [top]
    for depth, unit in units:
        node: dict[str, Any] = {"unit": unit, "children": []}
        del open_lists[depth + 1 :]
        open_lists[depth].append(node)
        open_lists.append(node["children"])
    return top


class UnitPage(ServiceFormView):
    """A form about units."""

    def prepare(self) -> None:
        can_manage_units(self.actor, self.actor.organization_id).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:unit_list")
        page = {"crumbs": [{"label": _("Units"), "url": back}], "cancel": back}
        return super().get_context_data(**page | kwargs)


class UnitCreate(UnitPage):
    form_class = UnitForm
    title = _("Add a unit")
    submit_label = _("Add the unit")
    success_message = _("The unit is there.")

    def get_initial(self) -> dict[str, Any]:
        return {"parent": self.request.GET.get("parent", "")}

    def perform(self, form: UnitForm) -> str:
        data = form.cleaned_data
        unit_add(self.actor, name=data["name"], name_en=data["name_en"], parent_id=data["parent"])
        return reverse("organizations:unit_list")


class OneUnit(UnitPage):
    unit: Unit

    def prepare(self) -> None:
        self.unit = fetch(Unit.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_manage_units(self.actor, self.unit.organization_id).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"lead": str(self.unit)} | kwargs)


class UnitEdit(OneUnit):
    form_class = UnitNameForm
    title = _("Rename the unit")
    submit_label = _("Save")
    success_message = _("The unit has its new name.")

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.unit.name, "name_en": self.unit.name_en}

    def perform(self, form: UnitNameForm) -> str:
        data = form.cleaned_data
        unit_rename(self.actor, unit_id=self.unit.pk, name=data["name"], name_en=data["name_en"])
        return reverse("organizations:unit_list")


class UnitMove(OneUnit):
    form_class = UnitMoveForm
    title = _("Move the unit")
    submit_label = _("Move")
    success_message = _("The unit has moved, with all below it.")

    def get_initial(self) -> dict[str, Any]:
        return {"parent": self.unit.parent_id or ""}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"unit": self.unit}

    def perform(self, form: UnitMoveForm) -> str:
        unit_move(self.actor, unit_id=self.unit.pk, parent_id=form.cleaned_data["parent"])
        return reverse("organizations:unit_list")


class UnitClose(OneUnit):
    form_class = forms.Form
    submit_label = _("Close the unit")
    success_message = _("The unit is closed.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {
            "title": gettext("Close the unit “%(unit)s”?") % {"unit": self.unit},
            "lead": _("It is offered nowhere any more. What was said of it stays on record."),
            "danger": True,
        }
        return super().get_context_data(**page | kwargs)

    def perform(self, form: forms.Form) -> str:
        unit_close(self.actor, unit_id=self.unit.pk)
        return reverse("organizations:unit_list")
