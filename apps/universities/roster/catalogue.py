"""Programmes and classes of a file: few enough to be compared in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from ..models import Programme, RosterImport, SchoolClass
from .rows import Entry, Problem

CHUNK = 5_000


class Catalogue:
    """The programmes or classes of one import, compared with those of the university by their names."""

    def __init__(self, roster: RosterImport) -> None:
        self.roster = roster
        self.is_classes = roster.kind == RosterImport.Kind.CLASSES
        self.model: type[Programme] | type[SchoolClass] = SchoolClass if self.is_classes else Programme
        self.entries: list[Entry] = []
        self.outcomes: dict[int, str] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        self.entries += entries

    def match(self) -> None:
        """Find what each row names, and what it would do."""
        own = {"university_id": self.roster.university_id}
        programmes = list(Programme.objects.filter(**own))
        self.programmes = {programme.code: programme for programme in programmes if programme.code}
        self.programmes |= {programme.name: programme for programme in programmes}
        self.present: dict[str, Any] = {row.name: row for row in self.model._default_manager.filter(**own)}
        for entry in self.entries:
            row = self.present.get(entry.values["name"])
            if row is None:
                self.outcomes[entry.row] = "created"
            else:
                same = all(getattr(row, name) == value for name, value in self._values(entry).items())
                self.outcomes[entry.row] = "unchanged" if same else "changed"

    def _values(self, entry: Entry) -> dict[str, Any]:
        """What the row says of its programme or class; what it leaves empty stays as it is."""
        if self.is_classes:
            programme = self.programmes.get(entry.values["programme"])
            year = entry.values["entry_year"]
            return {"programme_id": programme and programme.pk, "entry_year": int(year) if year else 0}
        return {name: entry.values[name] for name in ("code", "name_en") if entry.values[name]}

    def problems(self) -> Iterator[Problem]:
        """What is wrong with rows beside others, and beside what is there."""
        yield from self._repeated("name")
        if self.is_classes:
            known = self.programmes.keys() | {""}
            for entry in self.entries:
                if not self.roster.create_missing and entry.values["programme"] not in known:
                    yield entry.row, "programme", _("There is no such programme. Import it first.")
            return
        yield from self._repeated("code")
        codes = {row.code: row.name for row in self.present.values() if row.code}
        for entry in self.entries:
            if codes.get(entry.values["code"], entry.values["name"]) != entry.values["name"]:
                yield entry.row, "code", _("Another programme has this code.")

    def _repeated(self, name: str) -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for entry in self.entries:
            value = entry.values[name]
            if value and seen.setdefault(value, entry.row) != entry.row:
                yield entry.row, name, _("This stands in row %(first)d already.") % {"first": seen[value]}

    def clear(self) -> None:
        """Nothing was staged outside of memory."""

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys(("created", "changed", "unchanged"), 0)
        for outcome in self.outcomes.values():
            found[outcome] += 1
        return found

    def write(self) -> None:
        """Write what the rows say; there must be no problem left."""
        own = {"university_id": self.roster.university_id}
        if self.is_classes:
            names = {entry.values["programme"] for entry in self.entries} - set(self.programmes)
            made = Programme.objects.bulk_create([Programme(**own, name=name) for name in sorted(names)])
            self.programmes |= {programme.name: programme for programme in made}
        new: list[Any] = []
        changed: list[Any] = []
        for entry in self.entries:
            values = self._values(entry)
            row = self.present.get(entry.values["name"])
            if row is None:
                new.append(self.model(**own, name=entry.values["name"], **values))
            elif self.outcomes[entry.row] == "changed":
                for name, value in values.items():
                    setattr(row, name, value)
                changed.append(row)
        fields = ["programme", "entry_year"] if self.is_classes else ["code", "name_en"]
        self.model._default_manager.bulk_create(new, batch_size=CHUNK)
        self.model._default_manager.bulk_update(changed, fields, batch_size=CHUNK)

    def results(self) -> Iterator[tuple[int, str, str, str]]:
        """Row, number, name and outcome of every row."""
        for entry in self.entries:
            yield entry.row, entry.values.get("code", ""), entry.values["name"], self.outcomes[entry.row]
