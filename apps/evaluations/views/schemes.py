"""Schemes and the plans that use them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit.history import history_of
from apps.core.errors import Decision, WrongState
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.templatetags.components import figure
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import SchemeFilter
from ..forms import PlanForm, SchemeForm
from ..models import EvaluationRound, EvaluationScheme
from ..policies import can_manage
from ..services import plan_create, scheme_create, scheme_publish, scheme_revise


class SchemeList(ActorListView):
    queryset = EvaluationScheme.objects.with_totals()
    filterset_class = SchemeFilter
    permission = "manage_evaluations"
    template_name = "evaluations/scheme_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "state", EvaluationScheme.State.choices, _("All")),
            create=can_manage(self.request.actor),
            **kwargs,
        )


@require_safe
def scheme_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The criteria with the sum of their weights, the plans, what the actor can do next, what happened."""
    scheme = fetch(EvaluationScheme.objects.visible_to(request.actor), pk=pk)
    criteria = list(scheme.criteria.all())
    total = sum((criterion.weight for criterion in criteria), Decimal(0))
    draft = scheme.state == EvaluationScheme.State.DRAFT
    manage = can_manage(request.actor)
    return render(
        request,
        "evaluations/scheme_detail.html",
        {
            "scheme": scheme,
            "criteria": criteria,
            "total": total,
            "draft": draft,
            "manage": manage,
            "publish": manage if total == 100 else Decision(False, _weights_reason(total)),
            "plans": scheme.plans.select_related("base"),
            "round_count": EvaluationRound.objects.filter(plan__scheme=scheme).count(),
            "history": history_of(scheme),
            "crumbs": [{"label": _("Evaluation schemes"), "url": reverse("evaluations:scheme_list")}],
        },
    )


def _weights_reason(total: Decimal) -> str:
    return gettext("The weights add up to %(total)s %%, not to 100 %%.") % {"total": figure(total)}


class SchemeCreate(ServiceFormView):
    form_class = SchemeForm
    template_name = "evaluations/scheme_form.html"
    title = _("New evaluation scheme")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved. Publish it when the weights add up to 100 %.")

    def prepare(self) -> None:
        can_manage(self.actor).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Evaluation schemes"), "url": reverse("evaluations:scheme_list")}]
        return super().get_context_data(**{"crumbs": crumbs, "cancel": crumbs[0]["url"]} | kwargs)

    def perform(self, form: SchemeForm) -> str:
        try:
            scheme = self.store(form.cleaned_data["title"], form.criteria())
        except ValidationError as error:
            raise form.by_row(error) from error
        return reverse("evaluations:scheme_detail", args=[scheme.pk])

    def store(self, title: str, criteria: list[dict[str, Any]]) -> EvaluationScheme:
        return scheme_create(self.actor, title=title, criteria=criteria)


class SchemeEdit(SchemeCreate):
    title = _("Change the scheme")
    success_message = _("The draft is saved.")

    def prepare(self) -> None:
        self.scheme = fetch(EvaluationScheme.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        super().prepare()
        if self.scheme.state != EvaluationScheme.State.DRAFT:
            raise WrongState(_("A published scheme no longer changes: results must stay comparable."))

    def get_form_kwargs(self) -> dict[str, Any]:
        criteria = [] if self.request.method == "POST" else self.scheme.criteria.all()
        return super().get_form_kwargs() | {"criteria": criteria, "initial": {"title": self.scheme.title}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("evaluations:scheme_detail", args=[self.scheme.pk])
        crumbs = [
            {"label": _("Evaluation schemes"), "url": reverse("evaluations:scheme_list")},
            {"label": self.scheme.title, "url": back},
        ]
        return super().get_context_data(crumbs=crumbs, cancel=back, **kwargs)

    def store(self, title: str, criteria: list[dict[str, Any]]) -> EvaluationScheme:
        return scheme_revise(self.actor, scheme_id=self.scheme.pk, title=title, criteria=criteria)


@require_POST
def scheme_publish_act(request: PortalRequest, pk: int) -> HttpResponse:
    scheme_publish(request.actor, scheme_id=pk)
    messages.success(request, gettext("The scheme is published. Plan the first round now."))
    return redirect("evaluations:scheme_detail", pk=pk)


class PlanCreate(ServiceFormView):
    form_class = PlanForm
    title = _("Plan rounds")
    submit_label = _("Plan the rounds")
    success_message = _("The rounds are planned. The portal opens and closes them by itself.")

    def prepare(self) -> None:
        self.scheme = fetch(EvaluationScheme.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_manage(self.actor).require()
        if self.scheme.state != EvaluationScheme.State.PUBLISHED:
            raise WrongState(_("Publish the scheme first: a plan needs one that no longer changes."))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = self.back()
        crumbs = [
            {"label": _("Evaluation schemes"), "url": reverse("evaluations:scheme_list")},
            {"label": self.scheme.title, "url": back},
        ]
        lead = _("On each day of the plan, both tutors of every active placement get a sheet to score.")
        return super().get_context_data(crumbs=crumbs, cancel=back, lead=lead, **kwargs)

    def perform(self, form: PlanForm) -> str:
        plan_create(self.actor, scheme_id=self.scheme.pk, **form.values())
        return self.back()

    def back(self) -> str:
        return reverse("evaluations:scheme_detail", args=[self.scheme.pk])
