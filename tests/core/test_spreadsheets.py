"""Tables that people send: every encoding of their offices, and files that are made to cost."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from apps.core.exports import inert, xlsx_response
from apps.core.spreadsheets import MAX_ROWS, Table, read_table

HEAD = ["学号", "姓名", "班级"]
ROWS = [["007", "𠮷田龍", "机电,一班"], ["008", "李䶮", "焊接二班"], ["009", "Zoë Müller", "联通"]]


def table(data: bytes, **options: str) -> Table:
    return read_table(io.BytesIO(data), **options)


def texts(found: Table) -> list[list[str]]:
    return [[cell.text for cell in cells] for _number, cells in found.rows]


def written(delimiter: str) -> str:
    def quoted(value: str) -> str:
        return f'"{value}"' if delimiter in value else value

    return "".join(delimiter.join(map(quoted, row)) + "\r\n" for row in [HEAD, *ROWS])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("mark", "codec", "found"),
    [
        (b"", "utf-8", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8", "utf-8"),
        (b"", "gb18030", "gb18030"),
        (b"\xff\xfe", "utf-16-le", "utf-16"),
        (b"\xfe\xff", "utf-16-be", "utf-16"),
        (b"", "utf-16-le", "utf-16"),
    ],
)
def test_read_table_finds_encoding_and_delimiter(delimiter: str, mark: bytes, codec: str, found: str) -> None:
    read = table(mark + written(delimiter).encode(codec))
    assert (read.encoding, read.delimiter, read.header) == (found, delimiter, HEAD)
    assert texts(read) == ROWS


def test_gbk_without_rare_characters_is_read() -> None:
    assert texts(table("姓名,班级\n张三,一班\n".encode("gbk"))) == [["张三", "一班"]]


def test_chosen_encoding_is_kept_to_and_names_the_row() -> None:
    data = written(",").encode("gb18030")
    assert texts(table(data, encoding="gb18030", delimiter=",")) == ROWS
    with pytest.raises(ValidationError, match="Row 1 "):
        table(data, encoding="utf-8")


@pytest.mark.parametrize(("odd", "row"), [("gb18030", 4), ("utf-8", 4)])
def test_mixed_encodings_are_refused_with_the_row(odd: str, row: int) -> None:
    rest = "utf-8" if odd == "gb18030" else "gb18030"
    lines = [f"2024{n},张三丰,机电工程一班\n" for n in range(9)]
    data = b"".join(line.encode(odd if number == row else rest) for number, line in enumerate(lines, start=1))
    with pytest.raises(ValidationError, match=f"Row {row} "):
        table(data)


def test_rows_keep_their_numbers_and_empty_ones_are_left_out() -> None:
    found = table(b'\n\na,b\n\n1,"x\ny"\n,\n2,z\n')
    assert [(number, cells[0].text) for number, cells in found.rows] == [(5, "1"), (7, "2")]


def test_unclosed_quotation_mark_is_refused_with_the_row() -> None:
    with pytest.raises(ValidationError, match="Row 2 "):
        texts(table(b'a,b\n1,"x\n2,y\n'))


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,\n"])
def test_file_without_rows_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError, match="no rows"):
        table(data)


def test_too_many_columns_and_too_long_cell_are_refused() -> None:
    with pytest.raises(ValidationError, match="columns"):
        table(b",".join([b"a"] * 101))
    with pytest.raises(ValidationError, match="characters"):
        texts(table(b"a\n" + b"x" * 3000))


def workbook(rows: list[list[object]], sheet: str = "学生") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_sheet("说明").append(["请填写"])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_workbook_tells_text_from_numbers_and_dates() -> None:
    data = workbook(
        [["学号", "证号", "生日", "注"], ["007", 110101199003070000, date(2005, 3, 4), "𠮷"], [7, 1.5, "x", None]]
    )
    read = table(data, sheet="学生")
    assert read.sheets == ["说明", "学生"]
    (_two, first), (_three, second) = read.rows
    assert [cell.is_number for cell in first] == [False, True, False, False]
    assert [first[0].text, first[2].text, first[3].text] == ["007", "2005-03-04", "𠮷"]
    assert [(cell.text, cell.is_number) for cell in second] == [("7", True), ("1.5", True), ("x", False)]
    assert table(data).sheet == "说明"
    with pytest.raises(ValidationError, match="sheet"):
        table(data, sheet="nowhere")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "@x", "＝1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "'=x"]
)
def test_formulas_are_inert_in_our_files_and_come_back_unchanged(text: str) -> None:
    response = xlsx_response("rows", ["text"], [[text]])
    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]  # a FileResponse
    response.close()
    cell = openpyxl.load_workbook(io.BytesIO(data)).active["A2"]
    assert cell.data_type == "s"
    assert not str(cell.value).startswith(("=", "+", "-", "@", "＝"))
    assert texts(table(data)) == [[text if text != "'=x" else "=x"]]
    assert str(inert(text))[0] == "'"


CONTENT = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
BOOK = (
    '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="a" r:id="r1"/></sheets></workbook>'
)
LINKS = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'


def handmade(path: Path, sheet: bytes | Callable[[], object], strings: object = b"") -> Path:
    """A workbook whose parts are what they are made to be; iterables are packed piece by piece."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", LINKS)
        for name, content in (("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", strings)):
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in [content] if isinstance(content, bytes) else content():  # type: ignore[operator]  # by callers
                    part.write(piece)
    return path


def sheet_of(*rows: str) -> bytes:
    return f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>".encode()


CELL = '<c t="inlineStr"><is><t>x</t></is></c>'
MEGABYTE = b" " * 1024 * 1024
BOMBS: dict[str, tuple[object, object]] = {
    "unpacks to 4 GB": (lambda: (MEGABYTE for _n in range(4096)), b"<sst/>"),
    "one row of ten million cells": (
        lambda: iter([b"<worksheet><sheetData><row>", *[b'<c t="n"><v>1</v></c>' * 100_000] * 30]),
        b"<sst/>",
    ),
    "column XFD": (sheet_of('<row r="1"><c r="XFD1" t="n"><v>1</v></c></row>'), b"<sst/>"),
    "tag without an end": (lambda: iter([b"<worksheet><sheetData><row ", *[b"a" * 2**20] * 100]), b"<sst/>"),
    "text without an end": (lambda: iter([b"<worksheet><sheetData><row><c><v>", *[b"1" * 2**20] * 200]), b"<sst/>"),
    "three million strings": (
        sheet_of("<row><c t='s'><v>0</v></c></row>"),
        lambda: iter([b"<sst>", *[b"<si><t>abcdefghijklmnopqrst</t></si>" * 100_000] * 30]),
    ),
    "billion laughs": (
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet>&c;</worksheet>',
        b"<sst/>",
    ),
    "external entity": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><worksheet>&b;</worksheet>',
        b"<sst/>",
    ),
    "rows without end": (
        lambda: iter([b"<worksheet><sheetData>", *[f"<row>{CELL}</row>".encode() * 50_000] * 6]),
        b"<sst/>",
    ),
}
MEASURED = """
import resource, sys, time, tempfile
import django; django.setup()
from django.core.exceptions import ValidationError
from apps.core.spreadsheets import read_table
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
try:
    rows = sum(1 for _row in read_table(open(sys.argv[1], "rb")).rows)
    print("read", rows)
except ValidationError as error:
    print("refused", error.messages[0])
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(used / 1024, time.process_time() - begin)
"""


def measured(path: Path) -> tuple[str, float, float]:
    """What reading came to in a process of its own, how many MB it grew, and its seconds of processor time."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    outcome, figures = run.stdout.strip().splitlines()
    grown, seconds = figures.split()
    return outcome, float(grown), float(seconds)


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_within_bounds(name: str, tmp_path: Path) -> None:
    sheet, strings = BOMBS[name]
    outcome, grown, _seconds = measured(handmade(tmp_path / "bomb.xlsx", sheet, strings))  # type: ignore[arg-type]  # a table
    assert outcome.startswith("refused"), outcome
    assert grown < 200
    assert "passwd" not in outcome


def test_declared_dimension_costs_nothing(tmp_path: Path) -> None:
    sheet = sheet_of(f"<row r='1'>{CELL}</row>", f"<row r='1048576'>{CELL}</row>").replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    outcome, grown, seconds = measured(handmade(tmp_path / "wide.xlsx", sheet))
    assert (outcome, grown < 20, seconds < 2) == ("read 1", True, True)


def test_more_rows_than_allowed_are_refused_in_csv() -> None:
    with pytest.raises(ValidationError, match="more than"):
        texts(table(b"a\n" + b"1\n" * (MAX_ROWS + 1)))


@pytest.mark.parametrize("data", [b"PK\x03\x04 no zip", workbook([["a"]])[:-400]])
def test_damaged_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        texts(table(data))
