from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput
from apps.core.uploads import DOCUMENT, PDF, UploadField
from apps.organizations.models import Organization

from .models import Agreement, AgreementParty, ClauseKey, LedgerEntry, Mode, Obligation


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
        modes = Mode.objects.visible_to(actor)
        self.fields["mode"].queryset = (modes.in_use() | modes.filter(pk=self.instance.mode_id)).order_by("code")  # type: ignore[attr-defined]  # a model choice field
        others = Organization.objects.visible_to(actor).exclude(pk=actor.organization_id)
        self.fields["parties"].queryset = others  # type: ignore[attr-defined]  # a model choice field
        self.fields["parties"].widget.search = self.data.get("party_search") or self.initial.get("party_search", "")

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = dict(self.cleaned_data)
        data.pop("version")
        data["mode"] = data["mode"].pk
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


class KindsField(forms.MultipleChoiceField):
    """Kinds of organizations, as checkboxes."""

    widget = forms.CheckboxSelectMultiple


class ModeForm(forms.ModelForm):
    """What a mode asks of its agreements."""

    party_kinds = KindsField(
        label=_("Required parties"),
        choices=Organization.Kind.choices,
        required=False,
        help_text=_("One party of each kind must be there; others may be."),
    )
    required_clauses = forms.MultipleChoiceField(
        label=_("Required clauses"), choices=ClauseKey.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Mode
        fields = [
            "code",
            "name",
            "name_en",
            "summary",
            "summary_en",
            "party_kinds",
            "required_clauses",
            "shortest_months",
            "longest_months",
        ]
        help_texts = {"code": _("A short name of lower-case letters that other systems use; it stays for ever.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.code:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        own = {"signing": self.instance.signing, "signing_order": self.instance.signing_order}
        return own | {name: value for name, value in self.cleaned_data.items() if name != "code"}


class TemplateForm(forms.Form):
    """A text in each language for each clause; a clause without any text is left out, a required one must have both."""

    def __init__(self, *args: Any, mode: Mode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = mode.templates.first()
        present = {clause["key"]: clause for clause in newest.clauses} if newest else {}
        for key, label in ClauseKey.choices:
            clause = present.get(key, {})
            required = key in mode.required_clauses
            for name, language in (("text", _("Chinese")), ("text_en", _("English"))):
                self.fields[key if name == "text" else f"{key}_en"] = forms.CharField(
                    label=f"{label} ({language})",
                    initial=clause.get(name, ""),
                    required=required,
                    max_length=4000,
                    widget=forms.Textarea(attrs={"rows": 3}),
                )

    def clauses(self) -> list[dict[str, str]]:
        """In the order of the keys, each with the heading of its key."""
        found = []
        for key in ClauseKey:
            text, text_en = self.cleaned_data[key.value], self.cleaned_data[f"{key.value}_en"]
            if text or text_en:
                with override("zh-hans"):
                    heading = str(key.label)
                with override("en"):
                    heading_en = str(key.label).capitalize()
                found.append(
                    {
                        "key": key.value,
                        "heading": heading,
                        "heading_en": heading_en,
                        "text": text or text_en,
                        "text_en": text_en or text,
                    }
                )
        return found


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


class ReportForm(forms.Form):
    note = forms.CharField(
        label=_("What was done"), help_text=_("The other parties read it and confirm."), max_length=200
    )


class ShortReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), help_text=_("All parties will read it."), max_length=200)


class VerifyForm(forms.Form):
    """The number of a paper, or the file itself."""

    number = forms.CharField(
        label=_("Number on the paper"),
        help_text=_("It stands at the foot of every page: AG-000123-3F9A1C2B77D0."),
        max_length=40,
        required=False,
    )
    file = UploadField(kind=PDF, label=_("Or the PDF file"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("number") and not data.get("file"):
            raise forms.ValidationError(_("Give the number or the file."))
        return data
