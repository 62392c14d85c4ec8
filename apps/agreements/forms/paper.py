"""Whether a paper is genuine."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.uploads import PDF, UploadField


class VerifyForm(forms.Form):
    """The number of a paper, or the file itself."""

    number = forms.CharField(
        label=_("Number on the paper"),
        help_text=_("It stands at the foot of every page: AG-000123-2-3F9A1C2B77D0."),
        max_length=40,
        required=False,
    )
    file = UploadField(kind=PDF, label=_("Or the PDF file"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("number") and not data.get("file"):
            raise forms.ValidationError(_("Give the number or the file."))
        return data
