"""What a file must be before it is kept: complete, what its name says, bounded, and nothing besides.

Each check takes an open file, reads a bounded amount and raises ``ValidationError`` with a reason for people. Images come
back rewritten: pixels and colours stay, whatever a camera or somebody else added is gone. No antivirus is consulted.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_PIXELS = 50_000_000
MAX_ENTRIES = 1_000
MAX_DIRECTORY = 512 * 1024
MAX_UNPACKED = 256 * 1024 * 1024
MAX_SHARED_STRINGS = 48 * 1024 * 1024
MAX_RATIO = 100
_CHUNK = 64 * 1024
_PROLOG = 64 * 1024

NOT_WHAT_IT_SAYS = _("The content of this file is not what its name says.")
INCOMPLETE = _("This file is damaged or not complete. Save it again and repeat.")
ACTIVE = _("This file contains programs (macros or scripts). Save it without them and repeat.")
LOCKED = _("This file is protected by a password. Save it without one and repeat.")
TOO_MUCH = _("This file unpacks to much more than a table needs.")
ADDED = _("Something else was added to this file. Save it again and repeat.")


def check_pdf(file: IO[bytes]) -> None:
    """A PDF from its first byte to its last, without scripts, programs to start or files inside."""
    data = file.read()
    if not re.match(rb"%PDF-[12]\.\d", data):
        raise ValidationError(NOT_WHAT_IT_SAYS)
    if b"%%EOF" not in data[-1024:]:
        raise ValidationError(INCOMPLETE)
    if data[data.rindex(b"%%EOF") + 5 :].strip(b"\r\n \0") or zipfile.is_zipfile(file):
        raise ValidationError(ADDED)
    if re.search(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia)\b", data):
        raise ValidationError(ACTIVE)


# --- images ---


def clean_png(file: IO[bytes]) -> bytes:
    """The picture without texts, positions and what follows its end."""
    data = file.read()
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValidationError(NOT_WHAT_IT_SAYS)
    kept = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYS"}
    chunks = []
    for kind, chunk in _png_chunks(data):
        if kind == b"IHDR":
            _check_pixels(*struct.unpack(">II", chunk[8:16]))
        if kind in kept:
            chunks.append((kind, chunk))
    kinds = [kind for kind, _chunk in chunks]
    if kinds[0] != b"IHDR" or b"IDAT" not in kinds:
        raise ValidationError(INCOMPLETE)
    return data[:8] + b"".join(chunk for _kind, chunk in chunks)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        chunk = data[position : position + length + 12]
        if len(chunk) < length + 12 or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            break
        yield chunk[4:8], chunk
        if chunk[4:8] == b"IEND":
            return
        position += len(chunk)
    raise ValidationError(INCOMPLETE)


_ALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AFTER_SCAN = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")


def clean_jpeg(file: IO[bytes]) -> bytes:
    """The picture without place, camera, author and what follows its end; it stays the right way up."""
    data = file.read()
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValidationError(NOT_WHAT_IT_SAYS)
    parts, has_frame = [b"\xff\xd8"], False
    try:
        for marker, part in _jpeg_parts(data):
            if marker in _FRAMES:
                height, width = struct.unpack_from(">HH", part, 5)
                _check_pixels(width, height)
                has_frame = True
            parts.append(_kept_of_jpeg(marker, part))
    except (struct.error, IndexError) as error:
        raise ValidationError(INCOMPLETE) from error
    if not has_frame:
        raise ValidationError(INCOMPLETE)
    return b"".join(parts)


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker, that of a scan with its pixels, up to the end of the picture."""
    position, has_scan = 2, False
    while True:
        while data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1
        if data[position] != 0xFF:
            raise ValidationError(INCOMPLETE)
        marker = data[position + 1]
        if marker == 0xD9 and has_scan:
            yield marker, b"\xff\xd9"
            return
        end = position + 2
        if marker not in _ALONE:
            (length,) = struct.unpack_from(">H", data, position + 2)
            end += max(length, 2)
        if marker == 0xDA:
            following = _AFTER_SCAN.search(data, end)
            if following is None:
                raise ValidationError(INCOMPLETE)
            has_scan, end = True, following.start()
        yield marker, data[position:end]
        position = end


def _kept_of_jpeg(marker: int, part: bytes) -> bytes:
    if marker == 0xE1 and part[4:10] == b"Exif\0\0":
        return _orientation_alone(part[10:])
    is_profile = marker == 0xE2 and part[4:15] == b"ICC_PROFILE"
    is_note = marker == 0xFE or 0xE1 <= marker <= 0xEF
    return part if is_profile or marker == 0xEE or not is_note else b""


def _orientation_alone(tiff: bytes) -> bytes:
    """An Exif segment that says which side is up and nothing else; empty where the old one does not say it."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * min(count, 100), 12):
            tag, kind, _number, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if (tag, kind) == (0x0112, 3) and 1 < value <= 8:
                head = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"
                return head + struct.pack(">HHI", value, 0, 0)
    except struct.error:
        pass
    return b""


def _check_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise ValidationError(INCOMPLETE)
    if width * height > MAX_PIXELS:
        raise ValidationError(_("This picture has more than 50 million pixels. Make it smaller and repeat."))


# --- tables ---


def check_csv(file: IO[bytes]) -> None:
    """Text in UTF-8, UTF-16 with its mark, or GB18030; no markup and no control characters."""
    head = file.read(4)
    file.seek(0)
    encodings = ["utf-16"] if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    if not any(_is_text(file, encoding) for encoding in encodings):
        raise ValidationError(NOT_WHAT_IT_SAYS)


def _is_text(file: IO[bytes], encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
    file.seek(0)
    is_first = True
    try:
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            is_markup = is_first and text.lstrip().startswith(("<", "%PDF", "{\\rtf"))
            if is_markup or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
                return False
            is_first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def check_workbook(file: IO[bytes]) -> None:
    """An XLSX that a reader can open without harm: bounded, unlocked, without macros, links out of the archive or entities."""
    head = file.read(8)
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise ValidationError(LOCKED if _is_encrypted_office(file) else NOT_WHAT_IT_SAYS)
    if not head.startswith(b"PK\x03\x04"):
        raise ValidationError(NOT_WHAT_IT_SAYS)
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            _check_content_types(archive)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _check_prolog(archive, entry)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, expat.ExpatError) as error:
        raise ValidationError(INCOMPLETE) from error


def _is_encrypted_office(file: IO[bytes]) -> bool:
    return "EncryptedPackage".encode("utf-16-le") in file.read(_CHUNK)


def _check_directory(file: IO[bytes]) -> None:
    """The directory of the archive ends the file and is short, before anything builds a list from it."""
    end = file.seek(0, 2)
    file.seek(max(end - 22, 0))
    tail = file.read()
    if len(tail) < 22 or not tail.startswith(b"PK\x05\x06"):
        raise ValidationError(INCOMPLETE)
    disk, start_disk, _here, entries, size, offset, comment = struct.unpack("<4x4H2IH", tail)
    if entries > MAX_ENTRIES or size > MAX_DIRECTORY:
        raise ValidationError(TOO_MUCH)
    if disk or start_disk or comment or offset + size != end - 22:
        raise ValidationError(ADDED)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or any(_is_unsafe(entry) for entry in entries):
        raise ValidationError(ADDED)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise ValidationError(LOCKED)
    if any(
        re.search(r"vbaProject|macrosheets/|activeX/|embeddings/|\.(zip|xls[xmb]|docm?|exe|dll)$", name, re.I)
        for name in names
    ):
        raise ValidationError(ACTIVE)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    strings = sum(entry.file_size for entry in entries if "sharedStrings" in entry.filename)
    is_bomb = unpacked > MAX_RATIO * max(packed, _CHUNK)
    if is_bomb or unpacked > MAX_UNPACKED or strings > MAX_SHARED_STRINGS:
        raise ValidationError(TOO_MUCH)


def _is_unsafe(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry could land outside of a directory, or is no plain file."""
    name = entry.orig_filename
    is_outside = name.startswith("/") or ".." in name.split("/") or any(sign in name for sign in "\\:\0")
    return is_outside or len(name) > 200 or stat.S_ISLNK(entry.external_attr >> 16)


def _check_content_types(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise ValidationError(NOT_WHAT_IT_SAYS)
    with archive.open("[Content_Types].xml") as part:
        types = part.read(_CHUNK * 4)
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise ValidationError(ACTIVE)
    if b"spreadsheetml.sheet.main+xml" not in types:
        raise ValidationError(NOT_WHAT_IT_SAYS)


class _Doctype(Exception):
    """An XML part declares a document type, the door to entities of its own."""


def _check_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """An XML part begins with its first element soon, and declares nothing before it."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append(name)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        with archive.open(entry) as part:
            for _chunk in range(_PROLOG // 4096):
                chunk = part.read(4096)
                parser.Parse(chunk, not chunk)
                if found:
                    return
    except _Doctype as error:
        raise ValidationError(ACTIVE) from error
    raise ValidationError(INCOMPLETE)


def _refuse_doctype(*declaration: Any) -> None:
    raise _Doctype
