from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from .models import Journal, Placement, ProgressLog, Relocation

NO_TUTOR = "none"


class PlacementFilter(django_filters.FilterSet):
    """By state, base, sides, a tutor (or none yet), and the student's name."""

    q = django_filters.CharFilter(method="search", label=_("The student's name"))
    base = django_filters.NumberFilter(field_name="base_id")
    university = django_filters.NumberFilter(field_name="university_id")
    host = django_filters.NumberFilter(field_name="host_id")
    tutor = django_filters.CharFilter(
        method="of_tutor", label=_("A tutor's membership, or “none” for placements without enterprise tutor")
    )

    class Meta:
        model = Placement
        fields = ["state"]

    def search(self, rows: QuerySet[Placement], name: str, value: str) -> QuerySet[Placement]:
        return rows.filter(student__user__name__icontains=value)

    def of_tutor(self, rows: QuerySet[Placement], name: str, value: str) -> QuerySet[Placement]:
        if value == NO_TUTOR:
            return rows.filter(enterprise_tutor=None, state__in=Placement.UNDER_WAY)
        if not (value.isascii() and value.isdecimal() and len(value) < 19):
            return rows.none()
        return rows.filter(Q(academic_tutor_id=int(value)) | Q(enterprise_tutor_id=int(value)))


class ProgressLogFilter(django_filters.FilterSet):
    """By placement and day."""

    placement = django_filters.NumberFilter(field_name="placement_id")
    worked_from = django_filters.DateFilter(field_name="worked_on", lookup_expr="gte")
    worked_until = django_filters.DateFilter(field_name="worked_on", lookup_expr="lte")

    class Meta:
        model = ProgressLog
        fields: list[str] = []


class JournalFilter(django_filters.FilterSet):
    """By placement, and whether a tutor has answered."""

    placement = django_filters.NumberFilter(field_name="placement_id")
    answered = django_filters.BooleanFilter(method="by_answer")

    class Meta:
        model = Journal
        fields: list[str] = []

    def by_answer(self, rows: QuerySet[Journal], name: str, value: bool) -> QuerySet[Journal]:
        return rows.filter(answers__isnull=not value).distinct()


class RelocationFilter(django_filters.FilterSet):
    """By the agreement that ends, whether it is settled, and the student's name."""

    q = django_filters.CharFilter(field_name="student__user__name", lookup_expr="icontains")
    agreement = django_filters.NumberFilter(field_name="agreement_id")
    settled = django_filters.BooleanFilter(field_name="settled_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Relocation
        fields: list[str] = []
