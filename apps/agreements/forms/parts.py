"""What a draft says beside its clauses: days, duties, shares, attachments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DateInput
from apps.core.uploads import DOCUMENT, UploadField

from ..models import Mode, ModeTemplate, Obligation
from ..services import new_duty_key
from ..terms import Duty, Share, Terms
from .drafts import RevisionForm

VALUE_LABELS = {
    "notice_days": _("Days of notice before an early end"),
    "grade_days": _("Days until grades are sent after a term"),
}


class ValuesForm(RevisionForm):
    """What fills the blanks of the text: numbers of days, and the words that the mode asks for."""

    def __init__(self, *args: Any, terms: Terms, mode: Mode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = mode.words
        present = dict(terms.values or {})
        for name in (*self.words, *ModeTemplate.VALUES):
            field: forms.Field
            if name in self.words:
                field = forms.CharField(label=capfirst(ModeTemplate.WORDS[name]), max_length=100, required=False)
            else:
                field = forms.IntegerField(label=VALUE_LABELS[name], min_value=0, max_value=9999)
            field.initial = present.get(name)
            field.help_text = gettext("Fills %(blank)s in the text.") % {"blank": f"{{{name}}}"}
            self.fields[name] = field

    def values(self) -> dict[str, str]:
        """What the service takes."""
        return {name: str(self.cleaned_data[name]) for name in (*self.words, *ModeTemplate.VALUES)}


class DutyForm(RevisionForm, forms.ModelForm):
    """Who owes how much of what, until when."""

    class Meta:
        model = Obligation
        fields = ["kind", "text", "quantity", "unit", "due_on"]
        labels = {"unit": pgettext_lazy("measure", "Unit"), "due_on": _("Due by")}
        widgets = {"due_on": DateInput}

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"] = forms.TypedChoiceField(
            label=_("Who owes it"), coerce=int, choices=[(named.party, named.name) for named in terms.parties]
        )
        self.order_fields(["party"])

    def duty(self) -> Duty:
        """What the service takes, under a new key."""
        data = dict(self.cleaned_data)
        data.pop("revision")
        return Duty(key=new_duty_key(), **data)


class SharesForm(RevisionForm):
    """Two numbers for each party, or none at all."""

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parties = terms.parties
        present = {share.party: share for share in terms.shares}
        for named in self.parties:
            for column, label in (("benefit", _("benefits in %")), ("risk", _("risks in %"))):
                self.fields[f"{column}_{named.party}"] = forms.DecimalField(
                    label=f"{named.name}: {label}",
                    min_value=0,
                    max_value=100,
                    max_digits=5,
                    decimal_places=2,
                    required=False,
                    initial=getattr(present.get(named.party), column, None),
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        empty = [name for name in self._columns() if name not in self.errors and data.get(name) is None]
        if empty and len(empty) < len(self._columns()):
            for name in empty:
                self.add_error(name, _("Give all shares, or none."))
        return data

    def _columns(self) -> list[str]:
        return [f"{column}_{named.party}" for named in self.parties for column in ("benefit", "risk")]

    def shares(self) -> tuple[Share, ...]:
        """What the service takes."""
        data: dict[str, Decimal | None] = self.cleaned_data
        found = []
        for named in self.parties:
            benefit, risk = data[f"benefit_{named.party}"], data[f"risk_{named.party}"]
            if benefit is not None and risk is not None:
                found.append(Share(named.party, benefit, risk))
        return tuple(found)


class AttachmentForm(RevisionForm):
    """A file that is signed with the text."""

    file = UploadField(label=_("File"), kind=DOCUMENT)

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["concerns"] = forms.TypedMultipleChoiceField(
            label=_("Concerns only"),
            coerce=int,
            choices=[(named.party, named.name) for named in terms.parties],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Without a tick it concerns all. Who is not ticked neither sees nor signs it."),
        )
