"""Choosing a few out of very many: a search, and a checkbox for each that is chosen or found."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.organizations.models import Membership, Organization


class Picker(forms.SelectMultiple):
    """Never shows all that there are.

    Works without script: the search button sends the form with ``find``, and the page comes back with what was found.
    """

    template_name = "agreements/picker.html"
    use_fieldset = True
    most = 20
    search = ""
    find: ClassVar[str]
    search_name: ClassVar[str]
    search_label: ClassVar[str | Promise]
    placeholder: ClassVar[str | Promise]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The keys; a NUL, which the database would not take, becomes a character that no key has."""
        return [key.replace("\x00", "\ufffd") for key in super().value_from_datadict(data, files, name)]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)
        keys = context["widget"]["value"] or []
        rows = self.choices.queryset  # type: ignore[attr-defined]  # of a model choice field
        chosen = self.named(rows, keys)
        found: list[Any] = []
        if self.search.strip() and "\x00" not in self.search:
            others = self.matching(rows, self.search).exclude(pk__in=[row.pk for row in chosen])
            found = list(others[: self.most + 1])
        context["widget"] |= {
            "search": self.search,
            "search_name": self.search_name,
            "search_label": self.search_label,
            "placeholder": self.placeholder,
            "find": self.find,
            "choices": [self.choice(row, checked=True) for row in chosen]
            + [self.choice(row, checked=False) for row in found[: self.most]],
            "found": min(len(found), self.most),
            "more": len(found) > self.most,
        }
        return context

    def named(self, rows: QuerySet[Any], keys: list[str]) -> list[Any]:
        """Those of these keys that there are."""
        raise NotImplementedError

    def matching(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        raise NotImplementedError

    def choice(self, row: Any, *, checked: bool) -> dict[str, Any]:
        raise NotImplementedError


class PartyPicker(Picker):
    """Organizations, by their code."""

    find = "find_parties"
    search_name = "party_search"
    search_label = _("Search organizations")
    placeholder = _("Name or code")

    def named(self, rows: QuerySet[Organization], keys: list[str]) -> list[Organization]:
        return list(rows.select_related("region").filter(code__in=keys)) if keys else []

    def matching(self, rows: Any, text: str) -> QuerySet[Organization]:
        found: QuerySet[Organization] = rows.select_related("region").matching(text)
        return found

    def choice(self, row: Organization, *, checked: bool) -> dict[str, Any]:
        details = [row.get_kind_display(), str(row.region or ""), row.code]
        return {"key": row.code, "name": str(row), "details": [one for one in details if one], "checked": checked}


class StudentPicker(Picker):
    """Memberships of students."""

    find = "find_students"
    search_name = "student_search"
    search_label = _("Search students")
    placeholder = _("Name or e-mail")

    def named(self, rows: QuerySet[Membership], keys: list[str]) -> list[Membership]:
        numbers = [int(key) for key in map(str, keys) if key.isascii() and key.isdecimal() and len(key) < 19]
        return list(rows.filter(pk__in=numbers)) if numbers else []

    def matching(self, rows: QuerySet[Membership], text: str) -> QuerySet[Membership]:
        for word in text.split():
            rows = rows.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
        return rows

    def choice(self, row: Membership, *, checked: bool) -> dict[str, Any]:
        details = [str(row.organization), row.user.email]
        return {"key": row.pk, "name": row.user.name, "details": details, "checked": checked}
