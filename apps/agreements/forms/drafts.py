"""What a draft says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.forms import DateInput
from apps.organizations.models import Organization

from ..models import Agreement, AgreementParty, Mode, Obligation


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
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Agreement
        fields = ["title", "mode", "starts_on", "ends_on"]
        widgets = {
            "starts_on": DateInput,
            "ends_on": DateInput,
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modes = Mode.objects.visible_to(actor)
        self.fields["mode"].queryset = (modes.in_use() | modes.filter(pk=self.instance.mode_id)).order_by("code")  # type: ignore[attr-defined]  # a model choice field
        others = Organization.objects.visible_to(actor).exclude(pk=actor.organization_id)
        self.fields["parties"].queryset = others  # type: ignore[attr-defined]  # a model choice field
        self.fields["parties"].widget.search = self.data.get("party_search") or self.initial.get("party_search", "")

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = dict(self.cleaned_data)
        data.pop("revision")
        data["mode"] = data["mode"].pk
        return data | {"party_ids": [organization.pk for organization in data.pop("parties")]}


class SharesForm(forms.Form):
    """Two numbers for each party."""

    def __init__(self, *args: Any, parties: list[AgreementParty], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parties = parties
        for party in parties:
            share = getattr(party, "share", None)
            for column, label in (("benefit", _("benefits in %")), ("risk", _("risks in %"))):
                self.fields[f"{column}_{party.pk}"] = forms.DecimalField(
                    label=f"{party.organization}: {label}",
                    min_value=0,
                    max_value=100,
                    max_digits=5,
                    decimal_places=2,
                    initial=getattr(share, column, None),
                )

    def shares(self) -> dict[int, tuple[Decimal, Decimal]]:
        """What the service takes."""
        data = self.cleaned_data
        return {party.pk: (data[f"benefit_{party.pk}"], data[f"risk_{party.pk}"]) for party in self.parties}


class ObligationForm(forms.ModelForm):
    """Who owes how much of what, until when."""

    party = forms.ModelChoiceField(AgreementParty.objects.none(), label=_("Who owes it"))

    class Meta:
        model = Obligation
        fields = ["party", "kind", "text", "quantity", "unit", "due_on"]
        widgets = {"due_on": DateInput}

    def __init__(self, *args: Any, parties: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].queryset = parties  # type: ignore[attr-defined]  # a model choice field

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {"party_id": data.pop("party").pk}
