from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput
from apps.organizations.models import Organization

from .models import Agreement


class AgreementForm(forms.ModelForm):
    """The text and the parties of a draft. The acting organization is always a party and is not offered."""

    takes_actor = True

    parties = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        label=_("Other parties"),
        help_text=_("Every organization that will sign beside yours."),
        to_field_name="code",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Agreement
        fields = ["title", "mode", "starts_on", "ends_on", "content"]
        widgets = {
            "starts_on": DateInput,
            "ends_on": DateInput,
            "content": LongTextInput(attrs={"rows": 14}),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Organization.objects.visible_to(actor).exclude(pk=actor.organization_id)
        self.fields["parties"].queryset = others  # type: ignore[attr-defined]  # a model choice field

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = dict(self.cleaned_data)
        data.pop("version")
        return data | {"party_ids": [organization.pk for organization in data.pop("parties")]}


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
