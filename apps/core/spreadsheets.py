"""Tables that people send: CSV in the encodings of their offices, and XLSX. Read row by row, within bounds.

Whatever the file says of itself, reading it costs no more than ``MAX_ROWS`` rows of ``MAX_COLUMNS`` cells of ``MAX_CELL``
characters, and unpacks no more than ``MAX_UNPACKED`` bytes. A file that is larger or broken is a ``ValidationError`` with the
row. How a cell was typed is kept, because a number that a spreadsheet rounded cannot be told from a right one.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .cells import MAX_CELL, MAX_COLUMNS, Cell, Row, clean
from .workbooks import read_workbook

MAX_ROWS = 200_000
MAX_BYTES = 64 * 1024 * 1024
ENCODINGS = ("utf-8", "gb18030", "utf-16")
DELIMITERS = (",", ";", "\t")
_ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass
class Table:
    """One table of a file. ``rows`` are those below the header that are not empty, with their number in the file, once.

    ``share`` says which part of the file they have come through.
    """

    header: list[str]
    rows: Iterator[Row]
    share: Callable[[], float]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)


def read_table(file: IO[bytes], *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Table:
    """The table of a CSV or XLSX file; what is left empty is found out. ``ValidationError`` when it cannot be read.

    Errors further down are raised by ``rows`` when it gets there.
    """
    while hasattr(file, "file"):
        file = file.file  # Django's wrappers split lines in their own way
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start == _ZIP:
        book = read_workbook(file, sheet)
        table = _table(book.rows(), book.share)
        table.sheet, table.sheets = book.sheet, list(book.sheets)
        return table
    encoding = _encoding_of(file, encoding)
    delimiter = delimiter or _delimiter_of(file, encoding)
    size = file.seek(0, io.SEEK_END)
    table = _table(_csv_rows(file, encoding, delimiter), lambda: file.tell() / size)
    table.encoding = "utf-8" if encoding.startswith("utf-8") else encoding[:6] if encoding[:4] == "utf-" else encoding
    table.delimiter = delimiter
    return table


def _table(found: Iterator[Row], share: Callable[[], float]) -> Table:
    """The first row that is not empty is the header."""
    filled = _bounded(found)
    head = next(filled, None)
    if head is None:
        raise ValidationError(_("The file holds no rows."))
    return Table(header=[cell.text for cell in head[1]], rows=filled, share=share)


def _bounded(found: Iterator[Row]) -> Iterator[Row]:
    count = 0
    for number, cells in found:
        while cells and not cells[-1].text:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MAX_ROWS + 1:
            raise ValidationError(_("The file has more than %(most)d rows.") % {"most": MAX_ROWS})
        if len(cells) > MAX_COLUMNS:
            raise ValidationError(
                _("Row %(row)d has more than %(most)d columns.") % {"row": number, "most": MAX_COLUMNS}
            )
        if any(len(cell.text) > MAX_CELL for cell in cells):
            raise ValidationError(
                _("A cell of row %(row)d holds more than %(most)d characters.") % {"row": number, "most": MAX_CELL}
            )
        yield number, cells


def _encoding_of(file: IO[bytes], wanted: str) -> str:
    start = file.read(4096)
    file.seek(0, io.SEEK_END)
    if file.tell() > MAX_BYTES:
        raise ValidationError(_("The file is too large."))
    for mark, name in _BOMS:
        if start.startswith(mark) and wanted in {"", name[:5], name[:6]}:
            return name
    if wanted == "utf-16" or (not wanted and b"\0" in start):
        return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    if wanted:
        return wanted
    file.seek(0)
    return _guessed(file)


def _guessed(file: Iterable[bytes]) -> str:
    """UTF-8 when every line is; else GB18030, unless some lines are clearly UTF-8: then somebody glued two files together."""
    chinese_utf8, other = 0, 0
    first_chinese, first_other = 0, 0
    for number, line in enumerate(file, start=1):
        if line.isascii():
            continue
        try:
            is_chinese = len(_CJK.findall(line.decode())) > 1
        except UnicodeDecodeError:
            other += 1
            first_other = first_other or number
        else:
            chinese_utf8 += is_chinese
            first_chinese = first_chinese or (number if is_chinese else 0)
    if not other:
        return "utf-8"
    if chinese_utf8:
        row = first_other if other <= chinese_utf8 else first_chinese
        raise ValidationError(
            _("Row %(row)d is written in another encoding than the rest. Save the whole file as UTF-8.") % {"row": row}
        )
    return "gb18030"


def _delimiter_of(file: IO[bytes], encoding: str) -> str:
    file.seek(0)
    head = file.read(64 * 1024).decode(encoding, errors="ignore").lstrip("\ufeff\r\n")
    line = re.sub(r'"[^"]*"', "", head).splitlines()[:1]
    counts = {delimiter: line[0].count(delimiter) for delimiter in DELIMITERS} if line else {",": 0}
    return max(counts, key=lambda delimiter: counts[delimiter])


def _csv_rows(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[Row]:
    file.seek(0)
    reader = csv.reader(_lines(file, encoding), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            fields = next(reader, None)
        except UnicodeDecodeError as error:
            raise ValidationError(
                _("Row %(row)d cannot be read as %(encoding)s. Choose another encoding.")
                % {"row": number, "encoding": encoding.upper()}
            ) from error
        except csv.Error as error:
            raise ValidationError(
                _("Row %(row)d is broken: a quotation mark is not closed, or a line is too long.") % {"row": number}
            ) from error
        if fields is None:
            return
        yield number, [Cell(clean(value)) for value in fields]


def _lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    """Lines, decoded one by one where a line can be told from bytes, so that an error is that of its line."""
    if encoding.startswith("utf-16"):
        lines: Iterator[str] = iter(
            io.TextIOWrapper(io.BufferedReader(_Borrowed(file)), encoding=encoding, newline="\n")
        )
    else:
        lines = (line.decode(encoding) for line in file)
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line


class _Borrowed(io.RawIOBase):
    """A file that is not closed by who reads it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
