from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput
from apps.organizations.models import Organization

from .models import Agreement


class PartyPicker(forms.SelectMultiple):
    """A search, and a checkbox for each organization that is chosen or found; never all that there are.

    Works without script: the search button sends the form, and the page comes back with what was found.
    """

    template_name = "agreements/party_picker.html"
    use_fieldset = True
    most = 20
    search = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The codes; a NUL, which the database would not take, becomes a character that no code has."""
        return [code.replace("\x00", "\ufffd") for code in super().value_from_datadict(data, files, name)]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)
        codes = context["widget"]["value"]
        organizations = self.choices.queryset.select_related("region")  # type: ignore[attr-defined]  # of a model choice field
        found: list[Organization] = []
        if self.search.strip() and "\x00" not in self.search:
            found = list(organizations.matching(self.search).exclude(code__in=codes)[: self.most + 1])
        context["widget"] |= {
            "search": self.search,
            "chosen": organizations.filter(code__in=codes) if codes else [],
            "found": found[: self.most],
            "more": len(found) > self.most,
        }
        return context


class AgreementForm(forms.ModelForm):
    """The text and the parties of a draft. The acting organization is always a party and is not offered."""

    takes_actor = True

    parties = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        label=_("Other parties"),
        help_text=_("Every organization that will sign beside yours. Search for it, then tick it."),
        to_field_name="code",
        widget=PartyPicker,
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
        self.fields["parties"].widget.search = self.data.get("party_search") or self.initial.get("party_search", "")

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
