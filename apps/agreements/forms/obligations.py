"""What became of an obligation."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReportForm(forms.Form):
    note = forms.CharField(
        label=_("What was done"), help_text=_("The other parties read it and confirm."), max_length=200
    )


class ShortReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), help_text=_("All parties will read it."), max_length=200)
