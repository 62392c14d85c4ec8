"""Modes and their texts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.organizations.models import Organization

from ..models import ClauseKey, Mode


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
