"""Suspending an agreement, and ending it early."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DateInput

from ..models import Agreement
from .circuit import ReasonForm


class TerminationForm(ReasonForm):
    """Why, from when, and what becomes of what is under way."""

    field_order = ["cause", "last_day", "reason", "settlement"]

    cause = forms.ChoiceField(label=_("Why it ends"), choices=Agreement.Cause.choices, widget=forms.RadioSelect)
    last_day = forms.DateField(label=_("Last day"), required=False, widget=DateInput)
    settlement = forms.CharField(
        label=_("Settlement"),
        help_text=_("Who provides for the students, what is paid, what is given back."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        required=False,
    )

    def __init__(self, *args: Any, earliest: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].help_text = _(
            "Leave it empty for the first day that is possible. With the agreed notice that is %(day)s."
        ) % {"day": earliest}
