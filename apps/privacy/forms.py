from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.forms import DateInput

from .models import LegalGuardian


class ErasureForm(forms.Form):
    """Why, if the person wants to say, and that they mean it."""

    reason = forms.CharField(
        label=_("Why (you need not say)"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    understood = forms.BooleanField(
        label=_("I understand that I lose my account and that this cannot be undone."),
        error_messages={"required": _("Confirm that you have understood this.")},
    )


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Name the law or the contract. The person is told by mail."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class GuardianForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    relation = forms.ChoiceField(label=_("Relation"), choices=LegalGuardian.Relation.choices)
    phone = forms.RegexField(
        r"^\+?[0-9 -]{5,20}$",
        label=_("Phone"),
        help_text=_("Stored encrypted."),
        error_messages={"invalid": _("Write digits, perhaps with + and spaces.")},
    )
    email = forms.EmailField(label=_("E-mail address"), help_text=_("A link to answer is sent to this address."))


class PaperConsentForm(forms.Form):
    """A consent that was signed on paper."""

    given_on = forms.DateField(label=_("Signed on"), widget=DateInput)
    held = forms.BooleanField(
        label=_("The school holds the signed paper with the current text."),
        error_messages={"required": _("Confirm that the school holds the paper.")},
    )

    def clean_given_on(self) -> Any:
        day = self.cleaned_data["given_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    def given_at(self) -> datetime:
        """The start of the day, as a moment."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["given_on"], time.min))


class AnswerForm(forms.Form):
    """What a guardian answers."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("yes", _("I am the guardian and I agree")), ("no", _("I do not agree"))],
        widget=forms.RadioSelect,
    )
