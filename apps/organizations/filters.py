from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .models import (
    Invitation,
    Membership,
    MembershipQuerySet,
    Organization,
    OrganizationQuerySet,
    Registration,
    Unit,
)


class OrganizationFilter(django_filters.FilterSet):
    """By kind, and words of the name or the start of the code."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Organization
        fields = ["kind"]

    def search(self, rows: OrganizationQuerySet, name: str, value: str) -> OrganizationQuerySet:
        return rows.matching(value)


def _own_units(request: HttpRequest | None) -> QuerySet[Unit]:
    if request is None:
        return Unit.objects.none()
    actor: Actor = getattr(request, "actor", Actor.anonymous())
    return Unit.objects.visible_to(actor).open()


class MembershipFilter(django_filters.FilterSet):
    """By role, unit (with those below it), and a part of the name or the e-mail address."""

    unit = django_filters.ModelChoiceFilter(
        queryset=_own_units, method="of_unit", label=_("Unit"), help_text=_("With the units below it.")
    )
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Membership
        fields = ["role"]

    def of_unit(self, rows: MembershipQuerySet, name: str, value: Unit) -> MembershipQuerySet:
        return rows.filter(unit__in=Unit.objects.below(value.pk))

    def search(self, rows: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        return rows.filter(Q(user__name__icontains=value) | Q(user__email__icontains=value))


class RegistrationFilter(django_filters.FilterSet):
    """By state, and a part of the name or the number."""

    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Registration
        fields = ["state"]

    def search(self, rows: QuerySet[Registration], name: str, value: str) -> QuerySet[Registration]:
        return rows.filter(Q(name__icontains=value) | Q(name_en__icontains=value) | Q(code__icontains=value))


class InvitationFilter(django_filters.FilterSet):
    """By what became of it, and a part of the address or the name."""

    state = django_filters.ChoiceFilter(choices=Invitation.State.choices, method="in_state", label=_("State"))
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Invitation
        fields = ["role"]

    def in_state(self, rows: QuerySet[Invitation], name: str, value: str) -> QuerySet[Invitation]:
        return rows.filter(pk__in=Invitation.objects.in_state(Invitation.State(value)))

    def search(self, rows: QuerySet[Invitation], name: str, value: str) -> QuerySet[Invitation]:
        return rows.filter(Q(email__icontains=value) | Q(name__icontains=value))
