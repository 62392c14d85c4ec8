from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from .models import Agreement, LedgerEntry


class AgreementFilter(django_filters.FilterSet):
    """By state, mode, and words of the title or a number."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Agreement
        fields = ["state", "mode"]

    def search(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        by_number = value.upper().removeprefix("AG-").lstrip("0")
        if by_number.isascii() and by_number.isdecimal() and len(by_number) < 19:
            return rows.filter(Q(title__icontains=value) | Q(pk=int(by_number)))
        return rows.filter(title__icontains=value)


class LedgerFilter(django_filters.FilterSet):
    """By agreement, side, kind, and planned or actual."""

    agreement = django_filters.NumberFilter()

    class Meta:
        model = LedgerEntry
        fields = ["side", "category", "stage"]
