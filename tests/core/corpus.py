"""Files that people, mistakes and attackers send: each with its name, its bytes, and whether it may be kept.

Nothing is read from disk; a file is made when it is asked for.
"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from openpyxl import Workbook

KEPT, REFUSED = "kept", "refused"
SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@dataclass(frozen=True)
class Case:
    """``kind``: the field that takes files of this name; every other field refuses it for its name."""

    title: str
    name: str
    make: Callable[[], bytes]
    verdict: str
    kind: str = "document"

    def __str__(self) -> str:
        return self.title


# --- how they are made ---


def pdf(body: bytes = b"", *, head: bytes = b"%PDF-1.7\n", tail: bytes = b"%%EOF\n") -> bytes:
    objects = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    return head + objects + body + b"trailer<</Root 1 0 R>>\n" + tail


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 2, *, extra: bytes = b"", tail: bytes = b"") -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0\0\0" * 2))
    return b"\x89PNG\r\n\x1a\n" + head + extra + pixels + png_chunk(b"IEND", b"") + tail


def jpeg_part(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def exif(orientation: int = 6) -> bytes:
    """Which side is up, and where it was taken."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    place = struct.pack(">HHII", 0x8825, 4, 1, 38)
    return jpeg_part(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + entry + place + b"\0\0\0\0GPS 31.2304N 121.4737E")


def jpeg(width: int = 2, height: int = 2, *, extra: bytes = b"", tail: bytes = b"") -> bytes:
    frame = jpeg_part(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    tables = jpeg_part(0xDB, b"\0" + b"\x01" * 64) + jpeg_part(0xC4, b"\0" + b"\0" * 16)
    scan = jpeg_part(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    jfif = jpeg_part(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + jfif + extra + tables + frame + scan + b"\xff\xd9" + tail


def book(
    add: dict[str, bytes] | None = None, *, replace: dict[str, bytes] | None = None, drop: tuple[str, ...] = ()
) -> bytes:
    """A workbook with one row, and with parts added, replaced or left out."""
    plain = io.BytesIO()
    made = Workbook()
    made.active.append(["学号", "姓名"])  # type: ignore[union-attr]  # a new workbook has a sheet
    made.save(plain)
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename not in drop:
                target.writestr(entry.filename, (replace or {}).get(entry.filename, source.read(entry)))
        for name, data in (add or {}).items():
            target.writestr(name, data)
    return out.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


def sheet(body: bytes, dimension: bytes = b"A1:B1", prolog: bytes = b"") -> bytes:
    main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return prolog + b"<worksheet %s><dimension ref='%s'/><sheetData>%s</sheetData></worksheet>" % (
        main,
        dimension,
        body,
    )


SHEET, STRINGS, TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"


def with_sheet(body: bytes, **kwargs: bytes) -> bytes:
    return book(replace={SHEET: sheet(body, **kwargs)})


def with_macro_type() -> bytes:
    with zipfile.ZipFile(io.BytesIO(book())) as plain:
        types = plain.read(TYPES)
    macro = types.replace(b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")
    return book(replace={TYPES: macro})


def patched(data: bytes, *, flag: int | None = None, size: int | None = None) -> bytes:
    """The archive with the first entry of its directory saying something else."""
    changed = bytearray(data)
    entry = changed.rindex(b"PK\x01\x02", 0, changed.index(b"PK\x05\x06"))
    if flag is not None:
        changed[entry + 8] |= flag
    if size is not None:
        changed[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(changed)


def with_link() -> bytes:
    entry = zipfile.ZipInfo("xl/media/link")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO(book())
    with zipfile.ZipFile(out, "a") as target:
        target.writestr(entry, "/etc/passwd")
    return out.getvalue()


def with_duplicate() -> bytes:
    return book({SHEET + "x": b"<a/>", "xl/worksheets/sheet2.xml": b"<a/>"}).replace(
        b"xl/worksheets/sheet1.xmlx", b"xl/worksheets/sheet2.xml\0"
    )


def ole(*names: str) -> bytes:
    """The beginning of an old Office file with these streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + b"".join(name.encode("utf-16-le") for name in names)


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as target:
        target.addfile(tarfile.TarInfo("../../etc/cron.d/x"), io.BytesIO())
    return out.getvalue()


def many_entries(count: int) -> bytes:
    return book({f"xl/media/{number}.txt": b"" for number in range(count)})


def forged_count() -> bytes:
    """A directory of 400,000 entries that says it has two."""
    data = book()
    end = data.index(b"PK\x05\x06")
    start = struct.unpack("<I", data[end + 16 : end + 20])[0]
    one = b"PK\x01\x02" + b"\0" * 42
    directory = one * 400_000
    return data[:start] + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), start, 0)


ZEROS = b"\0" * (280 * 1024 * 1024)


def document(title: str, name: str, data: bytes | Callable[[], bytes], verdict: str = REFUSED) -> Case:
    return Case(title, name, data if callable(data) else lambda: data, verdict)


def table(title: str, name: str, data: bytes | Callable[[], bytes], verdict: str = REFUSED) -> Case:
    return Case(title, name, data if callable(data) else lambda: data, verdict, "spreadsheet")


CSV = "学号,姓名\nS1,王芳\n"
LONG = "长" * 300

CASES = [
    # what may be kept
    document("plain pdf", "证书.pdf", pdf, KEPT),
    document("pdf with two revisions", "a.pdf", lambda: pdf() + pdf(head=b""), KEPT),
    document("plain png", "scan.png", png, KEPT),
    document("plain jpg", "scan.jpg", jpeg, KEPT),
    document("jpeg extension in capitals", "SCAN.JPEG", jpeg, KEPT),
    document(
        "jpg with place and author", "photo.jpg", lambda: jpeg(extra=exif() + jpeg_part(0xFE, b"by Author")), KEPT
    ),
    document("png with author", "p.png", lambda: png(extra=png_chunk(b"tEXt", b"Author\0Author")), KEPT),
    document("png with something after its end", "p.png", lambda: png(tail=HTML), KEPT),
    document("jpg with an archive after its end", "p.jpg", lambda: jpeg(tail=archive({"a.js": b"1"})), KEPT),
    document("jpg with a script in its comment", "p.jpg", lambda: jpeg(extra=jpeg_part(0xFE, SCRIPT)), KEPT),
    document("png with a script in its text", "p.png", lambda: png(extra=png_chunk(b"iTXt", SCRIPT)), KEPT),
    document("png with a virus test in its text", "p.png", lambda: png(extra=png_chunk(b"zTXt", EICAR)), KEPT),
    document("largest picture that is taken", "p.png", lambda: png(10_000, 5_000), KEPT),
    document("name with a path", "../../../../etc/passwd.pdf", pdf, KEPT),
    document("name with a windows path", "C:\\Windows\\system32\\a.pdf", pdf, KEPT),
    document("name with right-to-left override", "invoice\u202efdp.exe.pdf", pdf, KEPT),
    document("name with zero-width signs", "in\u200bvo\ufeffice.pdf", pdf, KEPT),
    document("name with line breaks", "a\r\nSet-Cookie: x=1.pdf", pdf, KEPT),
    document("name of 300 characters", f"{LONG}.pdf", pdf, KEPT),
    document("name with quotes and semicolons", 'a"; filename="b.html";.pdf', pdf, KEPT),
    document("name with markup", "<img src=x onerror=alert(1)>.pdf", pdf, KEPT),
    document("name of nothing but dots and a kind", "....pdf", pdf),
    document("two extensions, the last one right", "page.html.pdf", pdf, KEPT),
    table("plain workbook", "名单.xlsx", book, KEPT),
    table("workbook with a huge dimension", "d.xlsx", lambda: with_sheet(b"", dimension=b"A1:XFD1048576"), KEPT),
    table(
        "workbook with a formula that runs a program",
        "f.xlsx",
        lambda: with_sheet(b"<row r='1'><c r='A1'><f>cmd|'/c calc'!A1</f></c></row>"),
        KEPT,
    ),
    table("csv in utf-8", "a.csv", CSV.encode(), KEPT),
    table("csv in utf-8 with its mark", "a.csv", CSV.encode("utf-8-sig"), KEPT),
    table("csv in gb18030", "a.csv", (CSV + "S2,𠮷䶮\n").encode("gb18030"), KEPT),
    table("csv in utf-16", "a.csv", CSV.encode("utf-16"), KEPT),
    table("csv with formulas", "a.csv", b"a,b\n=cmd|' /C calc'!A0,@SUM(1)\n", KEPT),
    table("csv with a script in a cell", "a.csv", b"a,b\n" + SCRIPT + b",1\n", KEPT),
    table("csv with a virus test in a cell", "a.csv", b"a,b\n" + EICAR + b",1\n", KEPT),
    # nothing, or not all of it
    document("empty pdf", "a.pdf", b""),
    document("empty png", "a.png", b""),
    document("pdf cut off", "a.pdf", lambda: pdf()[:-20]),
    document("png cut off", "a.png", lambda: png()[:-15]),
    document("png with a broken checksum", "a.png", lambda: png().replace(b"IDAT", b"IDAX")),
    document("png without pixels", "a.png", b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b"")),
    document("jpg cut off", "a.jpg", lambda: jpeg()[:-4]),
    document("jpg without a frame", "a.jpg", b"\xff\xd8\xff\xd9"),
    document("jpg with a length beyond its end", "a.jpg", b"\xff\xd8\xff\xe0\xff\xff" + b"\0" * 20),
    document("head of a pdf alone", "a.pdf", b"%PDF-1.7"),
    table("empty csv", "a.csv", b""),
    table("empty workbook", "a.xlsx", b""),
    table("workbook cut off", "a.xlsx", lambda: book()[:-60]),
    table("workbook cut in the middle", "a.xlsx", lambda: book()[:2000]),
    table("workbook without its main part", "a.xlsx", lambda: book(drop=("xl/workbook.xml",))),
    table("workbook without types", "a.xlsx", lambda: book(drop=(TYPES,))),
    table("workbook with a part that is no XML", "a.xlsx", lambda: book(replace={SHEET: b"not xml"})),
    # not what it says
    document("png named pdf", "a.pdf", png),
    document("pdf named png", "a.png", pdf),
    document("png named jpg", "a.jpg", png),
    document("html named pdf", "a.pdf", HTML),
    document("html named jpg", "a.jpg", HTML),
    document("svg named png", "a.png", SVG),
    document("svg", "a.svg", SVG),
    document("html", "a.html", HTML),
    document("gif with a script", "a.gif", b"GIF89a/*" + SCRIPT),
    document("program named pdf", "a.pdf", b"MZ\x90\0" + b"\0" * 60),
    document("linux program named jpg", "a.jpg", b"\x7fELF\x02\x01\x01" + b"\0" * 60),
    document("virus test", "eicar.pdf", EICAR),
    document("word file named pdf", "a.pdf", lambda: archive({"word/document.xml": b"<a/>"})),
    document("text named png", "a.png", b"hello"),
    document("two extensions, the last one a program", "certificate.pdf.exe", pdf),
    document("null byte before the extension that counts", "a.exe\0.html", pdf),
    document("null byte hides a program", "a.pdf\0.exe", pdf),
    document("right-to-left override hides a program", "certificate\u202efdp.exe", pdf),
    document("extension with a dot after it", "a.pdf.", pdf, KEPT),
    document("extension with spaces", "a.pdf .php", pdf),
    document("alternate data stream", "a.pdf::$DATA", pdf),
    document("no extension", "certificate", pdf),
    document("php named as picture type", "a.phtml", png),
    document("server settings", ".htaccess", b"AddType text/html .pdf"),
    table("html named csv", "a.csv", HTML),
    table("svg named csv", "a.csv", SVG),
    table("pdf named csv", "a.csv", pdf),
    table("program named csv", "a.csv", b"MZ\x90\0\x03\0\0\0"),
    table("workbook named csv", "a.csv", book),
    table("csv named workbook", "a.xlsx", CSV.encode()),
    table("csv with null bytes", "a.csv", b"a,b\0\n"),
    table("gzip named workbook", "a.xlsx", lambda: gzip.compress(b"\0" * 1000)),
    table("tar named workbook", "a.xlsx", tar),
    table("old workbook renamed", "a.xlsx", lambda: ole("Workbook")),
    table("old workbook", "a.xls", lambda: ole("Workbook")),
    table("plain archive named workbook", "a.xlsx", lambda: archive({"a.txt": b"a"})),
    table("word file named workbook", "a.xlsx", lambda: archive({TYPES: b"<Types/>", "word/document.xml": b"<a/>"})),
    # two things in one
    document("pdf behind a web page", "a.pdf", lambda: HTML + pdf()),
    document("pdf with an archive after it", "a.pdf", lambda: pdf() + archive({"a.class": b"1"})),
    document(
        "pdf with an archive that ends like a pdf",
        "a.pdf",
        lambda: pdf() + archive({"a": b"1"})[:-2] + b"\x06\0%%EOF\n",
    ),
    document("pdf with a web page after it", "a.pdf", lambda: pdf() + HTML),
    document("pdf with a script", "a.pdf", lambda: pdf(b"3 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n")),
    document("pdf that starts a program", "a.pdf", lambda: pdf(b"3 0 obj<</S/Launch/F(cmd.exe)>>endobj\n")),
    document("pdf with a file inside", "a.pdf", lambda: pdf(b"3 0 obj<</Type/EmbeddedFile>>stream\nMZ\nendstream\n")),
    table("workbook behind a picture", "a.xlsx", lambda: png() + book()),
    table("workbook with something after it", "a.xlsx", lambda: book() + HTML),
    table("workbook with something before it", "a.xlsx", lambda: b"PK\x03\x04" + b"\0" * 40 + book()),
    # macros, programs, locks
    table("macro workbook", "a.xlsm", lambda: book({"xl/vbaProject.bin": ole("VBA").ljust(900)})),
    table("macro workbook renamed", "a.xlsx", lambda: book({"xl/vbaProject.bin": ole("VBA").ljust(900)})),
    table("macro workbook by its type", "a.xlsx", with_macro_type),
    table("workbook with an old macro sheet", "a.xlsx", lambda: book({"xl/macrosheets/sheet1.xml": b"<a/>"})),
    table("workbook with a program inside", "a.xlsx", lambda: book({"xl/media/setup.exe": b"MZ"})),
    table("workbook with an object inside", "a.xlsx", lambda: book({"xl/embeddings/oleObject1.bin": b"1"})),
    table("workbook in a workbook", "a.xlsx", lambda: book({"xl/media/inner.xlsx": book()})),
    table("encrypted workbook", "a.xlsx", lambda: ole("EncryptedPackage", "EncryptionInfo")),
    table("workbook with a locked part", "a.xlsx", lambda: patched(book(), flag=1)),
    # ways out of the archive
    table("entry that climbs", "a.xlsx", lambda: book({"../../../../tmp/evil": b"1"})),
    table("entry with a root", "a.xlsx", lambda: book({"/etc/cron.d/evil": b"1"})),
    table("entry that climbs backwards", "a.xlsx", lambda: book({"xl\\..\\..\\evil": b"1"})),
    table("entry with a drive", "a.xlsx", lambda: book({"C:evil": b"1"})),
    table("entry that is a link", "a.xlsx", with_link),
    table("entry with a long name", "a.xlsx", lambda: book({"a" * 3000: b"1"})),
    table("two entries of one name", "a.xlsx", with_duplicate),
    # entities
    table("outer entity in a sheet", "a.xlsx", lambda: with_sheet(b"&e;", prolog=DOCTYPE)),
    table("outer entity in the strings", "a.xlsx", lambda: book({STRINGS: DOCTYPE + b"<sst>&e;</sst>"})),
    table("outer entity in the relations", "a.xlsx", lambda: book({"xl/x.rels": DOCTYPE + b"<r>&e;</r>"})),
    table("billion laughs", "a.xlsx", lambda: book({STRINGS: LAUGHS + b"<sst>&j;</sst>"})),
    table(
        "entity in another encoding",
        "a.xlsx",
        lambda: book(
            {"xl/x.xml": (DOCTYPE + b"<r/>").decode().replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16")}
        ),
    ),
    table(
        "entity behind a long comment",
        "a.xlsx",
        lambda: book({"xl/x.xml": b"<!--" + b" " * 200_000 + b"-->" + DOCTYPE[21:] + b"<r/>"}),
    ),
    # too much
    document("picture of 40,000 by 40,000", "a.png", lambda: png(40_000, 40_000)),
    document("photo of 40,000 by 40,000", "a.jpg", lambda: jpeg(40_000, 40_000)),
    document("picture of no width", "a.png", lambda: png(0, 10)),
    document("pdf beyond the limit", "a.pdf", lambda: pdf(b"0" * (10 * 1024 * 1024))),
    table("workbook that unpacks to 280 MB", "a.xlsx", lambda: book({"xl/media/zeros": ZEROS})),
    table(
        "workbook that says 4 GB", "a.xlsx", lambda: patched(book({"xl/media/zeros": b"\0" * 100_000}), size=0xFFFFFFF0)
    ),
    table(
        "workbook with 100 MB of strings",
        "a.xlsx",
        lambda: book({STRINGS: b"<sst>" + b"<si><t>" + ZEROS[: 100 * 1024 * 1024].replace(b"\0", b"a")}),
    ),
    table("workbook with a sheet of blanks", "a.xlsx", lambda: with_sheet(b" " * (60 * 1024 * 1024))),
    table("workbook of 2,000 entries", "a.xlsx", lambda: many_entries(2_000)),
    table("workbook with a forged directory", "a.xlsx", forged_count),
    table(
        "nested bomb", "a.xlsx", lambda: book({"xl/media/1.zip": archive({"2.zip": archive({"0": ZEROS[: 1 << 24]})})})
    ),
    table("csv beyond the limit", "a.csv", lambda: b"a," * (11 * 1024 * 1024)),
]
