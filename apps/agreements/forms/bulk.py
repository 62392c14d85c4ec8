"""Signing many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

WHOLE, CHOSEN = "whole", "chosen"


class SignManyForm(forms.Form):
    """What was shown (version and revision of each row), which of it is signed, and that it was read."""

    shown = forms.CharField(widget=forms.HiddenInput)
    chosen = forms.TypedMultipleChoiceField(coerce=int, required=False)
    extent = forms.ChoiceField(
        label=_("Sign"),
        choices=[(CHOSEN, _("those that I have ticked")), (WHOLE, _("all of this list"))],
        widget=forms.RadioSelect,
        initial=CHOSEN,
    )
    agree = forms.BooleanField(
        label=_("I have read the agreements and sign them for my organization."),
        error_messages={"required": _("Confirm that you have read the agreements.")},
    )

    def __init__(self, *args: Any, waiting: Mapping[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"].initial = ",".join(f"{pk}:{revision}" for pk, revision in waiting.items())
        self.seen = _pairs(self.data.get("shown", "")) if self.is_bound else dict(waiting)
        self.fields["chosen"].choices = [(pk, pk) for pk in self.seen]  # type: ignore[attr-defined]  # a choice field

    @property
    def ticked(self) -> set[str]:
        """The rows that were ticked when the form came back."""
        return set(self["chosen"].value() or [])

    def clean(self) -> None:
        super().clean()
        if not self.errors and not self.signed():
            self.add_error("extent", _("Tick what you sign, or choose all of this list."))

    def signed(self) -> dict[int, int]:
        """Version and revision of what is signed."""
        if self.cleaned_data["extent"] == WHOLE:
            return self.seen
        return {pk: self.seen[pk] for pk in self.cleaned_data["chosen"]}


def _pairs(text: str) -> dict[int, int]:
    """What ``shown`` says; what is no pair of numbers is left out."""
    pairs = [part.split(":") for part in text.split(",")]
    return {
        int(pair[0]): int(pair[1])
        for pair in pairs
        if len(pair) == 2 and all(number.isascii() and number.isdecimal() and len(number) < 10 for number in pair)
    }
