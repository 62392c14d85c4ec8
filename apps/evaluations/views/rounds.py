"""Rounds and the results that they publish."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.audit.history import history_of
from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips, keyset_page
from apps.core.services import fetch
from apps.core.views import PortalRequest
from apps.organizations.models import Role
from apps.placements.policies import can_follow

from ..filters import ResultFilter, RoundFilter
from ..models import Criterion, Evaluation, EvaluationRound, PlacementResult


class RoundList(ActorListView):
    queryset = EvaluationRound.objects.select_related("plan__scheme", "plan__base").with_progress()
    filterset_class = RoundFilter
    permission = "manage_evaluations"
    template_name = "evaluations/round_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "state", EvaluationRound.State.choices, _("All"))
        return super().get_context_data(chips=chips, **kwargs)


@require_safe
def round_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """How far the round is; closed, its results with their mean."""
    rounds = EvaluationRound.objects.select_related("plan__scheme", "plan__base").with_progress()
    current = fetch(rounds.visible_to(request.actor), pk=pk)
    results = PlacementResult.objects.visible_to(request.actor).filter(round=current)
    figures = results.aggregate(mean=Avg("score"), count=Count("pk"))
    sides = current.evaluations.order_by("side").values("side").annotate(done=Count("submitted_at"), of=Count("pk"))
    labels = dict(Evaluation.Side.choices)
    return render(
        request,
        "evaluations/round_detail.html",
        {
            "round": current,
            "closed": current.state == EvaluationRound.State.CLOSED,
            "figures": figures,
            "sides": [{"label": labels[side["side"]], "done": side["done"], "of": side["of"]} for side in sides],
            "page": keyset_page(results.with_names(), request),
            "history": history_of(current),
            "crumbs": [{"label": _("Evaluation rounds"), "url": reverse("evaluations:round_list")}],
        },
    )


class ResultList(ActorListView):
    queryset = PlacementResult.objects.with_names()
    filterset_class = ResultFilter
    template_name = "evaluations/result_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_follow(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(own=self.request.actor.role == Role.STUDENT, **kwargs)


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """The points of one criterion on each sheet that was handed in, and their mean."""

    criterion: Criterion
    given: list[tuple[Evaluation, Decimal]]

    @property
    def mean(self) -> Decimal:
        return sum((points for _sheet, points in self.given), Decimal(0)) / len(self.given)


@require_safe
def result_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """One result, criterion by criterion, with the tutors' points and comments."""
    result = fetch(PlacementResult.objects.visible_to(request.actor).with_names(), pk=pk)
    sheets = Evaluation.objects.filter(
        round_id=result.round_id, placement_id=result.placement_id, submitted_at__isnull=False
    )
    sheets = sheets.select_related("evaluator__user").prefetch_related("scores__criterion").order_by("side")
    given: dict[Criterion, list[tuple[Evaluation, Decimal]]] = {}
    for sheet in sheets:
        for score in sheet.scores.all():
            given.setdefault(score.criterion, []).append((sheet, score.points))
    return render(
        request,
        "evaluations/result_detail.html",
        {
            "result": result,
            "sheets": sheets,
            "lines": [
                CriterionLine(criterion, given[criterion]) for criterion in sorted(given, key=lambda row: row.pk)
            ],
            "crumbs": [{"label": _("Results"), "url": reverse("evaluations:result_list")}],
        },
    )
