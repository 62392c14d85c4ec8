"""Schemes, plans, rounds and sheets, reached by the services."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.evaluations.models import Evaluation, EvaluationPlan, EvaluationRound, EvaluationScheme
from apps.evaluations.services import (
    evaluation_submit,
    plan_create,
    rounds_close_due,
    rounds_open_due,
    scheme_create,
    scheme_publish,
)

from .chain import World
from .organizations import SYSTEM, actor_as

CRITERIA = [
    {"title": "Skill at the line", "standard": "Enterprise requirement 4.2", "weight": Decimal(50)},
    {"title": "Safety", "standard": "Vocational standard 6-29-03-02", "weight": Decimal(30)},
    {"title": "Teamwork", "standard": "Enterprise requirement 1.1", "weight": Decimal(20)},
]


def make_scheme(world: World, *, title: str = "Apprentice standard") -> EvaluationScheme:
    """A published scheme of the university, weights 50, 30 and 20."""
    actor = actor_as(world.school)
    scheme = scheme_create(actor, title=title, criteria=CRITERIA)
    return scheme_publish(actor, scheme_id=scheme.pk)


def make_plan(world: World, scheme: EvaluationScheme | None = None, **values: Any) -> EvaluationPlan:
    """Weekly, due today for the first time."""
    today = timezone.localdate()
    return plan_create(
        actor_as(world.school),
        scheme_id=(scheme or make_scheme(world)).pk,
        **{
            "cadence": EvaluationPlan.Cadence.WEEKLY,
            "first_due_on": today,
            "ends_on": today + timedelta(days=60),
        }
        | values,
    )


def make_round(world: World, **values: Any) -> EvaluationRound:
    """An open round of a new plan, with sheets for the placements that are there."""
    plan = make_plan(world, **values)
    rounds_open_due(SYSTEM)
    return plan.rounds.get()


def make_submitted_sheet(sheet: Evaluation, *points: int | str, comment: str = "") -> Evaluation:
    """Handed in by its evaluator with these points, in the order of the criteria."""
    criteria = sheet.round.plan.scheme.criteria.values_list("pk", flat=True)
    scores = {pk: Decimal(value) for pk, value in zip(criteria, points, strict=True)}
    return evaluation_submit(actor_as(sheet.evaluator), evaluation_id=sheet.pk, scores=scores, comment=comment)


def close_round(current: EvaluationRound) -> EvaluationRound:
    """Closed by the schedule on the day after its last."""
    rounds_close_due(SYSTEM, today=current.closes_on + timedelta(days=1))
    return EvaluationRound.objects.get(pk=current.pk)


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]
