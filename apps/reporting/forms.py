"""The filters of the report, for the page and the API alike."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.bases.models import Base
from apps.core.actor import Actor
from apps.organizations.models import Organization

from .policies import reportable_to


class MonthInput(forms.DateInput):
    """The browser's own picker of a month."""

    input_type = "month"

    def __init__(self) -> None:
        super().__init__({"placeholder": "2026-09"}, format="%Y-%m")


class MonthField(forms.DateField):
    """A month as 2026-09; its value is the first day."""

    widget = MonthInput
    input_formats = ["%Y-%m"]
    default_error_messages = {"invalid": _("Write a month as year and month, like 2026-09.")}


class PlacementReportFilter(forms.Form):
    """By university, base and months. Only universities and bases with figures for the actor can be chosen."""

    university = forms.ModelChoiceField(
        Organization.objects.none(),
        required=False,
        label=_("University"),
        empty_label=_("All"),
        to_field_name="code",
    )
    base = forms.ModelChoiceField(Base.objects.none(), required=False, label=_("Base"), empty_label=_("All"))
    month_from = MonthField(required=False, label=_("From month"))
    month_to = MonthField(required=False, label=_("To month"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        placements = reportable_to(actor)
        universities = Organization.objects.filter(pk__in=placements.values("university_id"))
        bases = Base.objects.filter(pk__in=placements.values("base_id")).order_by("name", "pk")
        self.fields["university"].queryset = universities  # type: ignore[attr-defined]  # a model choice field
        self.fields["base"].queryset = bases  # type: ignore[attr-defined]  # a model choice field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("month_from"), data.get("month_to")
        if first and last and last < first:
            raise ValidationError({"month_to": _("This month lies before the first one.")})
        return data

    def values(self) -> dict[str, Any]:
        """What ``placement_figures`` takes."""
        data = self.cleaned_data
        return {
            "university_id": data["university"].pk if data["university"] else None,
            "base_id": data["base"].pk if data["base"] else None,
            "month_from": data["month_from"],
            "month_to": data["month_to"],
        }
