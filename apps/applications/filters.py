from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from .models import Application


class ApplicationFilter(django_filters.FilterSet):
    """By state, intake and position, and words of the student's name or the position."""

    q = django_filters.CharFilter(method="search")
    intake = django_filters.NumberFilter(field_name="intake_id")
    position = django_filters.NumberFilter(field_name="position_id")

    class Meta:
        model = Application
        fields = ["state"]

    def search(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        return rows.filter(Q(student__user__name__icontains=value) | Q(position__title__icontains=value))
