from __future__ import annotations

import django_filters

from .models import Delivery


class DeliveryFilter(django_filters.FilterSet):
    """All, or the unread ones alone."""

    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Delivery
        fields: list[str] = []
