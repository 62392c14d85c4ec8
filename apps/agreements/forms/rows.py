"""Forms of several rows with the same fields, which buttons add, remove and move without saving anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import AgreementParty, ClauseKey, Signer
from ..services import Slot
from ..terms import Clause, Terms
from .drafts import RevisionForm

Row = dict[str, Any]


class RowsForm(RevisionForm):
    """Fields ``rows.<number>.<name>``; ``count`` says how many rows were sent."""

    names: tuple[str, ...] = ()
    most = 60
    count = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, rows: Iterable[Row] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = self.typed(self.data) if self.is_bound else list(rows)
        self.initial["count"] = len(self.present)
        for number, row in enumerate(self.present):
            for name, field in self.row_fields(row).items():
                field.initial = row.get(name)
                self.fields[f"rows.{number}.{name}"] = field

    def hidden_fields(self) -> list[forms.BoundField]:
        """Without those of the rows, which stand in the part of the page that the buttons replace."""
        return [self["revision"]]

    def row_fields(self, row: Row) -> dict[str, forms.Field]:
        raise NotImplementedError

    @classmethod
    def typed(cls, data: Any) -> list[Row]:
        """The rows as they were sent, unchecked."""
        count = data.get("count", "")
        rows = range(min(_number(count), cls.most))
        return [{name: cls.sent(data, f"rows.{row}.{name}", name) for name in cls.names} for row in rows]

    @classmethod
    def sent(cls, data: Any, key: str, name: str) -> Any:
        return data.get(key, "")

    def bound_rows(self) -> list[dict[str, Any]]:
        """For the page: the number of each row, its fields by name, and what it held at first."""
        return [
            {
                "number": number,
                "fields": {
                    name: self[f"rows.{number}.{name}"] for name in self.names if f"rows.{number}.{name}" in self.fields
                },
                "row": row,
            }
            for number, row in enumerate(self.present)
        ]

    def cleaned_rows(self) -> list[Row]:
        return [
            {name: self.cleaned_data.get(f"rows.{number}.{name}") for name in self.names}
            for number in range(len(self.present))
        ]


def changed_rows(rows: list[Row], act: str, new: Row | None, most: int) -> tuple[list[Row], int]:
    """The rows after a button (one more, ``remove:2``, ``up:2``, ``down:2``), and the number of the one to look at."""
    name, _colon, at = act.partition(":")
    place = _number(at)
    rows = list(rows)
    if new is not None and len(rows) < most:
        return [*rows, new], len(rows)
    if not 0 <= place < len(rows):
        return rows, -1
    if name == "remove":
        del rows[place]
        return rows, min(place, len(rows) - 1)
    other = place + {"up": -1, "down": 1}.get(name, 0)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        return rows, other
    return rows, place


def _number(text: str) -> int:
    """-1 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1


class ClausesForm(RowsForm):
    """The numbered clauses, in order."""

    names = ("key", "heading", "text", "concerns")

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        self.terms = terms
        super().__init__(*args, **kwargs)

    @classmethod
    def sent(cls, data: Any, key: str, name: str) -> Any:
        return data.getlist(key) if name == "concerns" else data.get(key, "")

    def row_fields(self, row: Row) -> dict[str, forms.Field]:
        return {
            "key": forms.ChoiceField(label=_("What it is about"), choices=ClauseKey.choices),
            "heading": forms.CharField(label=_("Heading"), max_length=100),
            "text": forms.CharField(label=_("Text"), max_length=20_000, widget=forms.Textarea({"rows": 5})),
            "concerns": forms.TypedMultipleChoiceField(
                label=_("Concerns only"),
                coerce=int,
                choices=[(named.party, named.name) for named in self.terms.parties],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Without a tick it concerns all. Who is not ticked neither sees nor signs it."),
            ),
        }

    def bound_rows(self) -> list[dict[str, Any]]:
        """With the text as it will be read, when a blank is filled in it."""
        rows = super().bound_rows()
        for row in rows:
            text = row["row"]["text"]
            filled = self.terms.filled(text)
            row["filled"] = filled if filled != text else ""
        return rows

    def clauses(self) -> tuple[Clause, ...]:
        """What the service takes."""
        return tuple(
            Clause(row["key"], row["heading"], row["text"], tuple(sorted(row["concerns"])))
            for row in self.cleaned_rows()
        )


class SignersForm(RowsForm):
    """The signatures that are needed: for whom, as what, in which turn, by whom.

    ``parties`` and ``members`` (keys and names of those who may be named) by the party's id; ``outside``: the parties for which
    the actor may name somebody without an account. Every other organization names its own.
    """

    names = ("party", "capacity", "order", "membership", "deputy", "name", "email")
    most = 40

    def __init__(
        self,
        *args: Any,
        parties: dict[int, AgreementParty],
        members: dict[int, list[tuple[int, str]]],
        outside: Collection[int],
        **kwargs: Any,
    ) -> None:
        self.parties, self.members, self.outside = parties, members, outside
        super().__init__(*args, **kwargs)

    def row_fields(self, row: Row) -> dict[str, forms.Field]:
        number = _number(str(row["party"]))
        party = self.parties.get(number)
        student = party is not None and party.student_id is not None
        kinds = Signer.Capacity
        capacities = [kinds.STUDENT, kinds.GUARDIAN] if student else [kinds.AUTHORISED, kinds.LEGAL]
        fields: dict[str, forms.Field] = {
            "party": forms.TypedChoiceField(
                choices=[(pk, pk) for pk in self.parties], coerce=int, widget=forms.HiddenInput
            ),
            "capacity": forms.ChoiceField(
                label=_("Signs as"), choices=[(kind.value, kind.label) for kind in capacities]
            ),
            "order": forms.IntegerField(label=_("Turn"), min_value=1, max_value=40),
        }
        members = self.members.get(number, [])
        if members:
            by_role = ("", _("whoever may sign for the party"))
            fields["membership"] = _member(_("Member"), [by_role, *members])
            fields["deputy"] = _member(_("Deputy"), [("", _("nobody")), *members])
        if row["capacity"] != kinds.STUDENT and (row.get("name") or number in self.outside):
            fields["name"] = forms.CharField(
                label=_("Name, without an account"),
                max_length=100,
                required=False,
                help_text=_("Signs by a one-time link, or on paper."),
            )
            fields["email"] = forms.EmailField(
                label=_("E-mail for the link"), required=False, help_text=_("Empty for a signature on paper.")
            )
        return fields

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for number, row in enumerate(self.cleaned_rows()):
            if row["membership"] and (row["name"] or row["email"]):
                self.add_error(f"rows.{number}.name", _("Either a member or somebody without an account signs."))
            elif row["deputy"] and not row["membership"]:
                self.add_error(f"rows.{number}.deputy", _("A deputy stands in for a member: choose that one, too."))
            elif row["email"] and not row["name"]:
                self.add_error(f"rows.{number}.name", _("Name the person to whom the link goes."))
        return data

    def slots(self) -> list[Slot]:
        """What the service takes."""
        slots = []
        for row in self.cleaned_rows():
            party = self.parties[row["party"]]
            own = party.student_id if row["capacity"] == Signer.Capacity.STUDENT else 0
            slots.append(
                Slot(
                    party=row["party"],
                    capacity=row["capacity"],
                    order=row["order"],
                    membership=row["membership"] or own or 0,
                    deputy=row["deputy"] or 0,
                    name=row["name"] or "",
                    email=row["email"] or "",
                )
            )
        return slots


def _member(label: Any, choices: list[Any]) -> forms.Field:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)
