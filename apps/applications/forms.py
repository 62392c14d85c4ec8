from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import LongTextInput

from .models import Application


class ApplicationForm(forms.ModelForm):
    class Meta:
        model = Application
        fields = ["statement"]
        widgets = {"statement": LongTextInput(attrs={"rows": 8})}


class RejectForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The student will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=500,
    )
