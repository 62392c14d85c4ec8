"""The ledger."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DateInput
from apps.core.uploads import DOCUMENT, UploadField

from ..models import LedgerEntry


class LedgerForm(forms.ModelForm):
    """One entry of the acting organization's side of the ledger."""

    evidence = UploadField(kind=DOCUMENT, label=_("Evidence"), required=False)

    class Meta:
        model = LedgerEntry
        fields = ["side", "category", "stage", "horizon", "amount", "unit", "value", "day", "note"]
        widgets = {
            "side": forms.RadioSelect,
            "stage": forms.RadioSelect,
            "horizon": forms.RadioSelect,
            "day": DateInput,
        }
