from __future__ import annotations

import django_filters

from .models import JobRun


class JobRunFilter(django_filters.FilterSet):
    """By state and kind."""

    class Meta:
        model = JobRun
        fields = ["state", "kind"]
