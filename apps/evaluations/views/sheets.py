"""The sheets that tutors score."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.errors import Decision, WrongState
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Role
from apps.placements.policies import can_follow

from ..filters import SHEET_STATES, EvaluationFilter
from ..forms import SheetForm
from ..models import Evaluation
from ..policies import can_submit
from ..services import evaluation_submit


class SheetList(ActorListView):
    """A tutor sees first what waits: without a choice of state, only the sheets to score."""

    queryset = Evaluation.objects.with_names()
    filterset_class = EvaluationFilter
    template_name = "evaluations/evaluation_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_follow(actor)

    def get_rows(self, actor: Actor) -> QuerySet[Evaluation]:
        rows = Evaluation.objects.visible_to(actor).with_names()
        return rows.pending() if self.waiting_first() else rows

    def waiting_first(self) -> bool:
        return self.request.actor.role == Role.TUTOR and "state" not in self.request.GET

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "state", SHEET_STATES, _("All"))
        if self.request.actor.role == Role.TUTOR:
            chips[0]["url"] += "&state=" if "=" in chips[0]["url"] else "state="
            chips[0]["active"] = "state" in self.request.GET and not self.request.GET["state"]
            chips[1]["active"] = chips[1]["active"] or self.waiting_first()
        return super().get_context_data(
            chips=chips, tutor=self.request.actor.role == Role.TUTOR, waiting=self.waiting_first(), **kwargs
        )


@require_safe
def evaluation_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The sheet as it is; to its tutor, the way to score it."""
    evaluation = fetch(Evaluation.objects.visible_to(request.actor).with_names(), pk=pk)
    return render(
        request,
        "evaluations/evaluation_detail.html",
        {
            "evaluation": evaluation,
            "scores": evaluation.scores.select_related("criterion").order_by("criterion"),
            "submit": can_submit(request.actor, evaluation) if evaluation.is_pending else None,
            "crumbs": [{"label": _("Sheets"), "url": reverse("evaluations:evaluation_list")}],
        },
    )


class SheetSubmit(ServiceFormView):
    form_class = SheetForm
    template_name = "evaluations/evaluation_submit.html"
    submit_label = _("Hand in")
    success_message = _("The sheet is handed in.")

    def prepare(self) -> None:
        self.evaluation = fetch(Evaluation.objects.visible_to(self.actor).with_names(), pk=self.kwargs["pk"])
        can_submit(self.actor, self.evaluation).require()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.evaluation.submitted_at is not None:
            return redirect(self.back())
        if not self.evaluation.is_pending:
            raise WrongState(_("The round is closed: its results have been published."))
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        criteria = self.evaluation.round.plan.scheme.criteria.all()
        return super().get_form_kwargs() | {"criteria": criteria}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sheets = reverse("evaluations:evaluation_list")
        crumbs = [{"label": _("Sheets"), "url": sheets}]
        return super().get_context_data(evaluation=self.evaluation, crumbs=crumbs, cancel=sheets, **kwargs)

    def perform(self, form: SheetForm) -> str:
        evaluation_submit(
            self.actor,
            evaluation_id=self.evaluation.pk,
            scores=form.scores(),
            comment=form.cleaned_data["comment"],
        )
        return reverse("evaluations:evaluation_list")

    def back(self) -> str:
        return reverse("evaluations:evaluation_detail", args=[self.evaluation.pk])
