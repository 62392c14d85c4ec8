"""Modes and their texts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.core.actor import Actor
from apps.organizations.models import Organization

from ..models import ClauseKey, Mode
from ..models.modes import SIGNING_KINDS
from ..services.modes import openable


class KindsField(forms.MultipleChoiceField):
    """Kinds of organizations, as checkboxes."""

    widget = forms.CheckboxSelectMultiple


class OrderWidget(forms.MultiWidget):
    """A select for each place."""

    def __init__(self, places: int, choices: Any) -> None:
        labels = [format_lazy(_("Place {number}"), number=place + 1) for place in range(places)]
        super().__init__([forms.Select({"aria-label": label}, choices) for label in labels])

    def decompress(self, value: list[str] | None) -> list[str]:
        return list(value or [])


class OrderField(forms.MultiValueField):
    """Kinds of signers, first to last; places left empty do not count."""

    places = 6

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", "–"), *SIGNING_KINDS]
        fields = [forms.ChoiceField(choices=choices, required=False) for _place in range(self.places)]
        super().__init__(
            fields, widget=OrderWidget(self.places, choices), require_all_fields=False, required=False, **kwargs
        )

    def compress(self, data_list: list[str]) -> list[str]:
        return [kind for kind in data_list if kind]


class ModeForm(forms.ModelForm):
    """What a mode asks of its agreements."""

    takes_actor = True

    party_kinds = KindsField(
        label=_("Required parties"),
        choices=Organization.Kind.choices,
        required=False,
        help_text=_("One party of each kind must be there; others may be."),
    )
    required_clauses = forms.MultipleChoiceField(
        label=_("Required clauses"), choices=ClauseKey.choices, widget=forms.CheckboxSelectMultiple
    )
    signing_order = OrderField(
        label=_("Order of signing"),
        help_text=_(
            "First to last; who is not named signs at the end. With “student” in it, students are parties to the agreement."
        ),
    )
    opens = forms.MultipleChoiceField(
        label=_("What it opens"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What may begin only under such an agreement, once it is in force."),
    )

    class Meta:
        model = Mode
        fields = [
            "name",
            "name_en",
            "summary",
            "summary_en",
            "party_kinds",
            "required_clauses",
            "signing",
            "signing_order",
            "shortest_months",
            "longest_months",
            "opens",
        ]
        widgets = {"signing": forms.RadioSelect}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = [(code, code) for code in self.instance.opens]
        self.fields["opens"].choices = dict(present) | dict(openable(actor))  # type: ignore[attr-defined]  # a choice field

    def values(self) -> dict[str, Any]:
        """What the services take."""
        return dict(self.cleaned_data)


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
