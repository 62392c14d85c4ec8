from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Least
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .models import Agreement, AgreementParty, AgreementVersion, LedgerEntry, Mode

WITHIN = [("30", _("within 30 days")), ("90", _("within 90 days")), ("180", _("within 180 days"))]


def modes_of(request: HttpRequest | None) -> QuerySet[Mode]:
    return Mode.objects.visible_to(_actor(request)) if request is not None else Mode.objects.none()


def _actor(request: Any) -> Actor:
    """Of a page, or of the REST framework's request around one."""
    actor: Actor = getattr(request, "_request", request).actor
    return actor


class AgreementFilter(django_filters.FilterSet):
    """By words of the title or a number, state, mode, a party, the end, whose signature is missing, and the framework."""

    q = django_filters.CharFilter(method="search", label=_("Title or number"))
    mode = django_filters.ModelChoiceFilter(queryset=modes_of, label=_("Mode"), empty_label=_("all modes"))
    party = django_filters.CharFilter(method="of_party", label=_("Party: words of the name, or the code"))
    ends = django_filters.ChoiceFilter(
        choices=[*WITHIN, ("over", _("has ended"))], method="ending", label=_("Ends"), empty_label=_("any time")
    )
    signature = django_filters.ChoiceFilter(
        choices=[("mine", _("waits for mine")), ("others", _("waits for others"))],
        method="waiting",
        label=_("Signature"),
        empty_label=_("any"),
    )
    framework = django_filters.NumberFilter(
        field_name="framework_id", label=_("Framework agreement"), widget=forms.HiddenInput
    )

    class Meta:
        model = Agreement
        fields = ["state"]

    def search(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        by_number = value.upper().removeprefix("AG-").lstrip("0")
        if by_number.isascii() and by_number.isdecimal() and len(by_number) < 19:
            return rows.filter(Q(title__icontains=value) | Q(pk=int(by_number)))
        return rows.filter(title__icontains=value)

    def of_party(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        """Among those that were shown: a party of a draft is known to its drafter alone."""
        own = Q(shown_at__isnull=False) | Q(agreement__drafted_by=_actor(self.request).organization_id)
        named = (
            Q(organization__name__icontains=value)
            | Q(organization__name_en__icontains=value)
            | Q(organization__code=value)
            | Q(student__user__name__icontains=value)
        )
        return rows.filter(Exists(AgreementParty.objects.filter(own, named, agreement=OuterRef("pk"))))

    def ending(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        """By the last day: the one that notice was given for, where it was."""
        today = timezone.localdate()
        last = rows.alias(last=Least("ends_on", Coalesce("last_day", "ends_on")))
        if value == "over":
            ended = Q(state__in=[Agreement.State.TERMINATED, Agreement.State.EXPIRED])
            return last.filter(ended | Q(state__in=Agreement.STANDING, last__lt=today))
        within = (today, today + timedelta(days=int(value)))
        return last.filter(state__in=Agreement.STANDING, last__range=within)

    def waiting(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        actor = _actor(self.request)
        seen = AgreementVersion.objects.visible_to(actor)
        asked = seen.asked_of(actor)
        if value == "mine":
            return rows.filter(pk__in=asked.values("agreement"))
        waits = seen.filter(state=AgreementVersion.State.AWAITING_SIGNATURES)
        return rows.filter(pk__in=waits.values("agreement")).exclude(pk__in=asked.values("agreement"))


class VersionFilter(django_filters.FilterSet):
    """By agreement and state."""

    agreement = django_filters.NumberFilter(field_name="agreement_id")

    class Meta:
        model = AgreementVersion
        fields = ["state", "kind"]


class LedgerFilter(django_filters.FilterSet):
    """By agreement, side, kind, and planned or actual."""

    agreement = django_filters.NumberFilter()

    class Meta:
        model = LedgerEntry
        fields = ["side", "category", "stage"]
