"""One row of a file: read, folded and checked by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.cells import EMPTY, Cell

from ..identity import FIRST_YEAR, SCIENTIFIC, document_number, folded, resident_number
from ..models import RosterImport

NUMBER = re.compile(r"[A-Za-z0-9_-]{1,30}", re.ASCII)
DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", re.ASCII)
YEAR = re.compile(r"((?:19|20)\d\d)[级年]?", re.ASCII)
LONGEST = {"name": 100, "programme": 100, "school_class": 60, "unit": 100, "title": 80, "code": 30, "name_en": 150}
MOST_DIGITS = 15
DOCUMENTS = {
    "": "resident",
    "居民身份证": "resident",
    "身份证": "resident",
    "identity card": "resident",
    "resident identity card": "resident",
    "护照": "passport",
    "外国护照": "passport",
    "passport": "passport",
    "其他": "other",
    "other": "other",
    "other document": "other",
    "港澳居民来往内地通行证": "other",
    "台湾居民来往大陆通行证": "other",
    "港澳台居民居住证": "resident",
    "外国人永久居留身份证": "other",
}
Problem = tuple[int, str, str]
"""Row, field, what is wrong. Never the value."""


@dataclass
class Entry:
    """The checked values of a row; text by field, "" where there is none."""

    row: int
    values: dict[str, str] = field(default_factory=dict)
    birth_date: date | None = None
    problems: list[Problem] = field(default_factory=list)


class RowReader:
    """Reads rows of one import: which column holds which field is settled once."""

    def __init__(self, kind: str, header: Sequence[str], mapping: Mapping[str, str], mail_domain: str) -> None:
        self.kind = kind
        self.mail_domain = mail_domain
        self.places = {name: header.index(heading) for name, heading in mapping.items() if heading in header}

    def read(self, row: int, cells: Sequence[Cell]) -> Entry:
        """The entry of a row, with every problem that the row has by itself."""
        entry = Entry(row)
        for name in _FIELDS[self.kind]:
            self._take(entry, name, partial(_CHECKS.get(name, _plain), name, self._cell(name, cells)))
        if self.kind == RosterImport.Kind.STUDENTS:
            self._take_identity(entry, cells)
        if self.kind in {RosterImport.Kind.STUDENTS, RosterImport.Kind.TEACHERS}:
            self._take(entry, "email", partial(self._email, entry, cells))
        return entry

    def _take(self, entry: Entry, name: str, check: Callable[[], str]) -> None:
        try:
            entry.values[name] = check()
        except ValidationError as error:
            entry.values[name] = ""
            entry.problems += [(entry.row, name, message) for message in error.messages]

    def _cell(self, name: str, cells: Sequence[Cell]) -> Cell:
        place = self.places.get(name)
        return cells[place] if place is not None and place < len(cells) else EMPTY

    def _email(self, entry: Entry, cells: Sequence[Cell]) -> str:
        address = folded_text(self._cell("email", cells).text).lower()
        if not address and self.mail_domain and entry.values["number"]:
            address = f"{entry.values['number']}@{self.mail_domain}".lower()
        if not address:
            raise ValidationError(_("The e-mail address is missing."))
        validate_email(address)
        if len(address) > 254:
            raise ValidationError(_("The e-mail address is too long."))
        return address

    def _take_identity(self, entry: Entry, cells: Sequence[Cell]) -> None:
        """The document, its number and the birthday, which must agree."""
        birthday = None
        entry.values["identity"] = entry.values["identity_kind"] = ""
        try:
            entry.birth_date = _birth_date(self._cell("birth_date", cells))
        except ValidationError as error:
            entry.problems += [(entry.row, "birth_date", message) for message in error.messages]
        kind = DOCUMENTS.get(folded_text(self._cell("identity_kind", cells).text).lower())
        if kind is None:
            entry.problems.append((entry.row, "identity_kind", _("This kind of document is not known.")))
            return
        cell = self._cell("identity", cells)
        if not cell.text:
            return
        try:
            if cell.is_number and kind == "resident":
                raise ValidationError(
                    _("The number is a numeric cell, which loses digits. Format the column as text and enter it again.")
                )
            if kind == "resident":
                entry.values["identity"], birthday = resident_number(cell.text)
            else:
                entry.values["identity"] = document_number(kind, cell.text)
            entry.values["identity_kind"] = kind
        except ValidationError as error:
            entry.problems += [(entry.row, "identity", message) for message in error.messages]
        if birthday and entry.birth_date and birthday != entry.birth_date:
            entry.problems.append((entry.row, "birth_date", _("The birthday is not the one in the identity number.")))
        entry.birth_date = birthday or entry.birth_date


def folded_text(text: str) -> str:
    """Text in its composed form; full-width Latin letters and digits become plain ones, single spaces remain."""
    return " ".join(normalize("NFKC", text).split())


def _plain(name: str, cell: Cell) -> str:
    text = " ".join(normalize("NFC", cell.text).split())
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text) or "\ufffd" in text:
        raise ValidationError(_("It holds a character that cannot be shown. Check the encoding of the file."))
    if len(text) > LONGEST.get(name, 100):
        raise ValidationError(_("At most %(most)d characters.") % {"most": LONGEST.get(name, 100)})
    return text


def _required(name: str, cell: Cell) -> str:
    text = _plain(name, cell)
    if not text:
        raise ValidationError(_("This is missing."))
    return text


def _number(name: str, cell: Cell) -> str:
    """A student's or teacher's number; a numeric cell when it cannot have lost a digit."""
    text = folded_text(cell.text)
    if not text:
        raise ValidationError(_("This is missing."))
    if SCIENTIFIC.fullmatch(folded(text)) or (cell.is_number and not text.isdecimal()):
        raise ValidationError(_("The spreadsheet turned the number into a rounded one. Format the column as text."))
    if cell.is_number and len(text) > MOST_DIGITS:
        raise ValidationError(
            _("A numeric cell keeps %(most)d digits at most. Format the column as text and enter it again.")
            % {"most": MOST_DIGITS}
        )
    if not NUMBER.fullmatch(text):
        raise ValidationError(_("A number consists of up to 30 letters, digits, hyphens and underscores."))
    return text


def _year(name: str, cell: Cell) -> str:
    found = YEAR.fullmatch(folded_text(cell.text))
    if found is None or int(found[1]) > timezone.localdate().year + 1:
        raise ValidationError(_("This is no year of entry, such as 2024."))
    return found[1]


def _birth_date(cell: Cell) -> date | None:
    text = folded_text(cell.text).replace(" ", "")
    if not text:
        return None
    found = DATE.fullmatch(text)
    if found is None:
        raise ValidationError(_("This is no date, such as 2005-03-04."))
    year, month, day = found[1], found[2] or found[4], found[3] or found[5]
    try:
        birthday = date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValidationError(_("This date does not exist.")) from error
    if birthday.year < FIRST_YEAR or birthday > timezone.localdate():
        raise ValidationError(_("Nobody can be born on this date."))
    return birthday


_FIELDS: dict[str, tuple[str, ...]] = {
    RosterImport.Kind.STUDENTS: ("number", "name", "programme", "school_class", "entry_year"),
    RosterImport.Kind.TEACHERS: ("number", "name", "unit", "title"),
    RosterImport.Kind.PROGRAMMES: ("name", "code", "name_en"),
    RosterImport.Kind.CLASSES: ("name", "programme", "entry_year"),
}
_CHECKS: dict[str, Callable[[str, Cell], str]] = {
    "number": _number,
    "name": _required,
    "programme": _required,
    "entry_year": _year,
}
