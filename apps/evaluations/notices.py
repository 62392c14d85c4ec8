"""The kinds of notification that this app sends."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Evaluation, EvaluationRound, PlacementResult


class RoundKind(Kind):
    """About one round of a plan."""

    def url(self, current: EvaluationRound) -> str:
        """The page to go to."""
        raise NotImplementedError(f"{type(self).__name__} leads nowhere")

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        current = EvaluationRound.objects.select_related("plan__scheme").get(pk=payload["round"])
        return {
            "scheme": current.plan.scheme.title,
            "due": current.due_on.isoformat(),
            "closes": current.closes_on.isoformat(),
            "url": self.url(current),
        }


@register
class RoundOpened(RoundKind):
    """To each tutor with a sheet to score, once, however many sheets."""

    code = "round_opened"
    text = _("Evaluation “%(scheme)s” of %(due)s is open. Score your students until %(closes)s.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        sheets = Evaluation.objects.pending().filter(round_id=payload["round"])
        return User.objects.filter(memberships__in=sheets.values("evaluator_id"))

    def url(self, current: EvaluationRound) -> str:
        return reverse("evaluations:evaluation_list")


@register
class RoundClosed(RoundKind):
    """To those who manage evaluations at the university."""

    code = "round_closed"
    text = _("Evaluation “%(scheme)s” of %(due)s is closed. The results are there.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        university = EvaluationRound.objects.filter(pk=payload["round"]).values("plan__scheme__organization_id")
        managers = Membership.objects.holding("manage_evaluations").filter(organization_id__in=university)
        return User.objects.filter(pk__in=managers.values("user_id"))

    def url(self, current: EvaluationRound) -> str:
        return reverse("evaluations:round_detail", args=[current.pk])


@register
class ResultPublished(RoundKind):
    """To each student with a result."""

    code = "result_published"
    text = _("Your result of evaluation “%(scheme)s” of %(due)s is there.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        results = PlacementResult.objects.filter(round_id=payload["round"])
        return User.objects.filter(memberships__in=results.values("placement__student_id"))

    def url(self, current: EvaluationRound) -> str:
        return reverse("evaluations:result_list")
