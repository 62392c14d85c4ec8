from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from .models import Evaluation, EvaluationQuerySet, EvaluationRound, EvaluationScheme, PlacementResult

SHEET_STATES = [("pending", _("To score")), ("submitted", _("Handed in")), ("missed", _("Missed"))]


class SchemeFilter(django_filters.FilterSet):
    """By state and words of the title."""

    q = django_filters.CharFilter("title", lookup_expr="icontains")

    class Meta:
        model = EvaluationScheme
        fields = ["state"]


class RoundFilter(django_filters.FilterSet):
    """By state, scheme, and words of the scheme's title."""

    q = django_filters.CharFilter("plan__scheme__title", lookup_expr="icontains")
    scheme = django_filters.NumberFilter("plan__scheme_id")

    class Meta:
        model = EvaluationRound
        fields = ["state"]


class EvaluationFilter(django_filters.FilterSet):
    """By state, round, placement, side, and words of the student's name."""

    q = django_filters.CharFilter("placement__student__user__name", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(choices=SHEET_STATES, method="in_state")
    round = django_filters.NumberFilter("round_id")
    placement = django_filters.NumberFilter("placement_id")

    class Meta:
        model = Evaluation
        fields = ["side"]

    def in_state(self, rows: EvaluationQuerySet, name: str, value: str) -> QuerySet[Evaluation]:
        if value == "pending":
            return rows.pending()
        if value == "submitted":
            return rows.filter(submitted_at__isnull=False)
        return rows.filter(submitted_at=None, round__state=EvaluationRound.State.CLOSED)


class ResultFilter(django_filters.FilterSet):
    """By round, placement, and words of the student's name."""

    q = django_filters.CharFilter("placement__student__user__name", lookup_expr="icontains")
    round = django_filters.NumberFilter("round_id")
    placement = django_filters.NumberFilter("placement_id")

    class Meta:
        model = PlacementResult
        fields: list[str] = []
