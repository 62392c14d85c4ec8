from __future__ import annotations

import django_filters
from django.db.models import Q

from .models import Membership, MembershipQuerySet, Organization, OrganizationQuerySet


class OrganizationFilter(django_filters.FilterSet):
    """By kind, and words of the name or the start of the code."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Organization
        fields = ["kind"]

    def search(self, rows: OrganizationQuerySet, name: str, value: str) -> OrganizationQuerySet:
        return rows.matching(value)


class MembershipFilter(django_filters.FilterSet):
    """By role, and a part of the name or the e-mail address."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Membership
        fields = ["role"]

    def search(self, rows: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        return rows.filter(Q(user__name__icontains=value) | Q(user__email__icontains=value))
