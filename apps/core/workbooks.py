"""One sheet of an XLSX file, row by row: no tree is built, no external or own entity is known, nothing is trusted.

The parts are parsed as they are unpacked, by an incremental SAX parser that refuses document types. What is kept are the shared
strings, bounded in number and size, and one row.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

import defusedxml.sax
from defusedxml.common import DefusedXmlException
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from .cells import EMPTY, MAX_CELL, MAX_COLUMNS, Cell, Row, clean

MAX_UNPACKED = 400 * 1024 * 1024
MAX_SMALL_PART = 8 * 1024 * 1024
MAX_STRINGS = 2_000_000
MAX_STRINGS_SIZE = 80 * 1024 * 1024
CHUNK = 64 * 1024
LONGEST_TOKEN = 4 * CHUNK
"""No tag or text of a real table is longer; the parser would hold it whole."""
# The dates of Chinese, Japanese and Korean spreadsheets, which have a number and no format in the file.
EAST_ASIAN_DATES = {*range(27, 37), *range(50, 59)}


def read_workbook(file: IO[bytes], wanted: str = "") -> Workbook:
    """The workbook with one sheet chosen, the first one unless ``wanted``.

    ``ValidationError`` when this is no workbook, or one that is larger than a table needs; further down it comes from the rows.
    """
    try:
        archive = zipfile.ZipFile(file)
        _check_sizes(archive)
        book = Workbook(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError) as error:
        raise _broken() from error
    names = list(book.sheets)
    if not names or (wanted and wanted not in names):
        raise ValidationError(_("The workbook has no such sheet."))
    book.sheet = wanted or names[0]
    return book


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """By the directory, before anything is unpacked; reading stops at the size that is named there."""
    total = 0
    for part in archive.infolist():
        total += part.file_size
        is_large = "sheet" in part.filename.lower() or "sharedstrings" in part.filename.lower()
        is_xml = part.filename.lower().endswith((".xml", ".rels"))
        if total > MAX_UNPACKED or (is_xml and not is_large and part.file_size > MAX_SMALL_PART):
            raise _too_much()


class Workbook:
    """Its sheets by name, and the rows of the chosen one."""

    sheet = ""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._read, self._size = 0, 1
        links = _Collector({"Relationship"})
        self._parse("xl/_rels/workbook.xml.rels", links)
        targets = {link["Id"]: posixpath.normpath(posixpath.join("/xl", link["Target"]))[1:] for link in links.found}
        names = _Collector({"sheet", "workbookPr"})
        self._parse("xl/workbook.xml", names)
        self.sheets: dict[str, str] = {}
        self.epoch = CALENDAR_WINDOWS_1900
        for entry in names.found:
            if "name" in entry and entry.get("r:id") in targets:
                self.sheets[entry["name"]] = targets[entry["r:id"]]
            elif entry.get("date1904") in {"1", "true"}:
                self.epoch = CALENDAR_MAC_1904

    def share(self) -> float:
        """Which part of what is being read has been read."""
        return self._read / self._size

    def rows(self) -> Iterator[Row]:
        """The rows of the sheet, those that are missing left out."""
        part = self.sheets[self.sheet]
        sheet = _Sheet(self._strings(), self._date_styles(), self.epoch)
        for _piece in self._feed(part, sheet):
            yield from sheet.take()

    def _strings(self) -> list[str]:
        strings = _Strings()
        if "xl/sharedStrings.xml" in self.archive.NameToInfo:
            self._parse("xl/sharedStrings.xml", strings)
        return strings.found

    def _date_styles(self) -> set[int]:
        """The numbers of the cell styles that show a number as a date."""
        if "xl/styles.xml" not in self.archive.NameToInfo:
            return set()
        styles = _Styles()
        self._parse("xl/styles.xml", styles)
        return {number for number, code in enumerate(styles.cells) if styles.is_date(code)}

    def _parse(self, part: str, handler: ContentHandler) -> None:
        for _piece in self._feed(part, handler):
            pass

    def _feed(self, part: str, handler: ContentHandler) -> Iterator[None]:
        """Unpack and parse piece by piece; whoever iterates takes what the handler has found so far."""
        parser = defusedxml.sax.make_parser()
        parser.forbid_dtd = True
        parser.setContentHandler(handler)
        since_tag = 0
        self._read, self._size = 0, 1
        try:
            with self.archive.open(part) as unpacked:
                self._size = max(1, self.archive.getinfo(part).file_size)
                while piece := unpacked.read(CHUNK):
                    self._read += len(piece)
                    since_tag = 0 if b"<" in piece else since_tag + len(piece)
                    if since_tag > LONGEST_TOKEN:
                        raise _too_much()
                    parser.feed(piece)
                    yield
                parser.close()
            yield
        except (SAXParseException, DefusedXmlException, zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
            raise _broken() from error


class _Reader(ContentHandler):
    """Knows elements by their name without prefix."""

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # the names of SAX
        self.start(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:  # noqa: N802
        self.end(name.rpartition(":")[2])

    def start(self, name: str, attrs: Any) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""


class _Collector(_Reader):
    """The attributes of some elements."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.found: list[dict[str, str]] = []

    def start(self, name: str, attrs: Any) -> None:
        if name in self.names:
            self.found.append(dict(attrs.items()))


class _Styles(_Reader):
    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.cells: list[int] = []
        self._in_cells = False

    def start(self, name: str, attrs: Any) -> None:
        if name == "numFmt":
            self.codes[int(attrs["numFmtId"])] = attrs["formatCode"]
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self.cells.append(int(attrs.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def is_date(self, code: int) -> bool:
        if code in EAST_ASIAN_DATES:
            return True
        return bool(is_date_format(self.codes.get(code) or BUILTIN_FORMATS.get(code)))


class _Strings(_Reader):
    """The shared strings, without phonetic marks; long ones are cut where a cell that uses them will be refused."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._size = 0
        self._parts: list[str] = []
        self._in_text = self._in_phonetic = False

    def start(self, name: str, attrs: Any) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._in_phonetic = True
        self._in_text = name == "t" and not self._in_phonetic

    def characters(self, content: str) -> None:
        if self._in_text:
            self._parts.append(content)

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._in_phonetic = False
        elif name == "si":
            text = "".join(self._parts)[: MAX_CELL + 1]
            self._size += len(text)
            self.found.append(text)
            if len(self.found) > MAX_STRINGS or self._size > MAX_STRINGS_SIZE:
                raise _too_much()


class _Sheet(_Reader):
    """Collects rows until they are taken."""

    def __init__(self, strings: list[str], date_styles: set[int], epoch: datetime) -> None:
        self.strings, self.date_styles, self.epoch = strings, date_styles, epoch
        self._rows: list[Row] = []
        self._number = 0
        self._cells: list[Cell] = []
        self._column = 0
        self._kind = self._style = ""
        self._parts: list[str] = []
        self._length = 0
        self._in_value = False

    def take(self) -> list[Row]:
        """The rows that are complete, each once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attrs: Any) -> None:
        if name == "c":
            place = attrs.get("r", "")
            self._column = _column(place) if place else self._column + 1
            self._kind, self._style = attrs.get("t", "n"), attrs.get("s", "")
            self._parts, self._length = [], 0
        elif name == "row":
            place = attrs.get("r", "")
            self._number = int(place) if place.isascii() and place.isdecimal() else self._number + 1
            self._cells, self._column = [], 0
        self._in_value = name in {"v", "t"}

    def characters(self, content: str) -> None:
        if self._in_value and self._length <= MAX_CELL:
            self._parts.append(content)
            self._length += len(content)

    def end(self, name: str) -> None:
        self._in_value = False
        if name == "c" and self._parts:
            self._put(self._cell("".join(self._parts)))
        elif name == "row":
            self._rows.append((self._number, self._cells))
            self._cells = []

    def _put(self, cell: Cell) -> None:
        if self._column > MAX_COLUMNS:
            raise ValidationError(
                _("Row %(row)d has more than %(most)d columns.") % {"row": self._number, "most": MAX_COLUMNS}
            )
        while len(self._cells) < self._column - 1:
            self._cells.append(EMPTY)
        if len(self._cells) == self._column - 1:
            self._cells.append(cell)

    def _cell(self, text: str) -> Cell:
        if self._kind == "s":
            return Cell(clean(self._shared(text)))
        if self._kind != "n":
            return Cell(clean(text))
        if self._style.isdecimal() and int(self._style) in self.date_styles:
            return Cell(_as_date(text, self.epoch))
        return Cell(_as_number(text), is_number=True)

    def _shared(self, text: str) -> str:
        try:
            return self.strings[int(text)]
        except (ValueError, IndexError) as error:
            raise _broken() from error


def _column(place: str) -> int:
    number = 0
    for letter in place:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number


def _as_number(text: str) -> str:
    """As a person reads it: whole numbers without a point, what the spreadsheet rounded with an E."""
    text = text.strip()
    if text.isascii() and text.lstrip("-").isdecimal():
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return text.upper()


def _as_date(text: str, epoch: datetime) -> str:
    try:
        value = from_excel(float(text), epoch)
    except (ValueError, OverflowError):
        return text
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _broken() -> ValidationError:
    return ValidationError(_("This file is damaged or no Excel workbook. Save it again and repeat."))


def _too_much() -> ValidationError:
    return ValidationError(_("This file unpacks to much more than a table needs."))
