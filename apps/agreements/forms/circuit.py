"""Signing, sending back, refusing."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SignForm(forms.Form):
    """What was shown, by its hash, and that it was read."""

    content_hash = forms.CharField(widget=forms.HiddenInput)
    agree = forms.BooleanField(
        label=_("I have read the agreement and sign it for my organization."),
        error_messages={"required": _("Confirm that you have read the agreement.")},
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("All parties will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
    )
