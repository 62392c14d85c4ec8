from __future__ import annotations

import django_filters

from .models import ErasureRequest


class ErasureRequestFilter(django_filters.FilterSet):
    """By state."""

    state = django_filters.ChoiceFilter(choices=ErasureRequest.State.choices)

    class Meta:
        model = ErasureRequest
        fields = ["state"]
