from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.spreadsheets import DELIMITERS, ENCODINGS
from apps.core.uploads import SPREADSHEET, UploadField

from .models import RosterImport
from .roster.columns import COLUMNS
from .roster.staging import PEOPLE

SEPARATORS = {",": _("comma"), ";": _("semicolon"), "\t": _("tabulator")}


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=_("What the file holds"), choices=RosterImport.Kind.choices)
    file = UploadField(kind=SPREADSHEET, label=_("File"))


class ColumnsForm(forms.Form):
    """How the file is read, and the heading for each field; ``values`` are what ``roster_import_revise`` takes."""

    def __init__(self, *args: Any, roster: RosterImport, header: list[str], sheets: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = COLUMNS[roster.kind]
        headings = [("", _("no column")), *((heading, heading) for heading in dict.fromkeys(header) if heading)]
        for column in self.columns:
            self.fields[column.name] = forms.ChoiceField(
                label=column.label,
                choices=headings,
                required=False,
                initial=roster.mapping.get(column.name, ""),
                help_text=_("required") if column.required else "",
            )
        if roster.kind in PEOPLE:
            self.fields["mail_domain"] = forms.CharField(
                label=_("Mail domain"),
                required=False,
                max_length=100,
                initial=roster.mail_domain,
                help_text=_("Who has no address in the file gets number@domain."),
            )
        if roster.kind != RosterImport.Kind.PROGRAMMES:
            self.fields["create_missing"] = forms.BooleanField(
                label=_("Create programmes, classes and units that are missing"),
                required=False,
                initial=roster.create_missing,
            )
        if sheets:
            self._choose("sheet", _("Sheet"), [(name, name) for name in sheets], roster.sheet)
        else:
            self._choose("encoding", _("Encoding"), [(code, code.upper()) for code in ENCODINGS], roster.encoding)
            self._choose(
                "delimiter", _("Separator"), [(sign, SEPARATORS[sign]) for sign in DELIMITERS], roster.delimiter
            )

    def _choose(self, name: str, label: Any, choices: list[tuple[str, Any]], initial: str) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, initial=initial)

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        return {"mapping": {column.name: data.pop(column.name) for column in self.columns}, **data}


class DisclosureForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("The student can read who looked at the number, when and why.")
    )
