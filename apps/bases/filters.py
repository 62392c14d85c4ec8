from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from .models import Base, Intake


class BaseFilter(django_filters.FilterSet):
    """By kind, and words of the name."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Base
        fields = ["kind"]

    def search(self, rows: QuerySet[Base], name: str, value: str) -> QuerySet[Base]:
        return rows.filter(Q(name__icontains=value) | Q(name_en__icontains=value))


class IntakeFilter(django_filters.FilterSet):
    """By state, selection and base, and words of the title or the base's name."""

    q = django_filters.CharFilter(method="search")
    base = django_filters.NumberFilter(field_name="base_id")

    class Meta:
        model = Intake
        fields = ["state", "selection"]

    def search(self, rows: QuerySet[Intake], name: str, value: str) -> QuerySet[Intake]:
        return rows.filter(
            Q(title__icontains=value) | Q(base__name__icontains=value) | Q(base__name_en__icontains=value)
        )
