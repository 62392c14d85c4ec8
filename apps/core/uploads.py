"""Files that people send: the form field that takes them, the name they are kept under, and how they are given back."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from django import forms
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import FileResponse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .errors import NotFound
from .file_checks import check_csv, check_pdf, check_workbook, clean_jpeg, clean_png

MAX_NAME = 150
MAX_REQUEST = 64 * 1024 * 1024
"""Larger bodies are refused before they are read."""

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "zip": "application/zip",
    "txt": "text/plain",
}
Check = Callable[[IO[bytes]], bytes | None]


@dataclass(frozen=True)
class Kind:
    """What a field takes: a check for each extension (one that returns bytes rewrites the file), the usual limit, in words."""

    checks: dict[str, Check]
    max_mb: int
    words: str | Promise


SPREADSHEET = Kind({"xlsx": check_workbook, "csv": check_csv}, 20, _("an Excel workbook (.xlsx) or a CSV file"))
DOCUMENT = Kind(
    {"pdf": check_pdf, "jpg": clean_jpeg, "jpeg": clean_jpeg, "png": clean_png},
    10,
    _("a PDF file or a picture (.jpg, .png)"),
)
PDF = Kind({"pdf": check_pdf}, 10, _("a PDF file"))


class UploadField(forms.FileField):
    """A file of one ``kind``: small enough, what its name says, and harmless; anything else is an error with the reason.

    Cleans to an ``UploadedFile`` whose ``name`` can be shown (no path, no invisible characters, at most 150) and whose
    ``content_type`` is the portal's own word. Keep it under ``stored_name(file.name)``; pictures have lost their metadata.
    """

    def __init__(self, *, kind: Kind, max_mb: int | None = None, **kwargs: Any) -> None:
        self.kind = kind
        self.max_mb = max_mb or kind.max_mb
        accept = ",".join(f".{extension}" for extension in kind.checks)
        kwargs.setdefault("widget", forms.FileInput({"accept": accept}))
        kwargs.setdefault("help_text", format_lazy(_("{kind}, at most {size} MB"), kind=kind.words, size=self.max_mb))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        return self._checked(file) if isinstance(file, UploadedFile) else file

    def _checked(self, file: UploadedFile) -> UploadedFile:
        if (file.size or 0) > self.max_mb * 1024 * 1024:
            raise ValidationError(_("The file is larger than %(size)s MB.") % {"size": self.max_mb})
        name = shown_name(file.name or "")
        check = self.kind.checks.get(extension_of(name))
        if check is None:
            raise ValidationError(_("This kind of file is not taken here. Send %(kind)s.") % {"kind": self.kind.words})
        media_type = MEDIA_TYPES[extension_of(name)]
        file.seek(0)
        rewritten = check(file)
        if rewritten is not None:
            return SimpleUploadedFile(name, rewritten, media_type)
        file.seek(0)
        file.name, file.content_type = name, media_type
        return file


class BoundedUploadHandler(FileUploadHandler):
    """Refuses a body that no field would take, by what it says of its length, before reading it."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  # Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        if content_length > MAX_REQUEST:
            raise RequestDataTooBig(f"a body of {content_length} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def extension_of(name: str) -> str:
    return PurePosixPath(name).suffix.removeprefix(".").lower()


def shown_name(name: str) -> str:
    """The name as it may be shown and offered: no path, nothing invisible or reordering, at most 150 characters."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    visible = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C" and sign not in "\u2028\u2029")
    plain = " ".join(re.sub(r'[<>:"|?*]', "_", visible).split()).strip(". ")
    path = PurePosixPath(plain or "file")
    suffix = path.suffix[:20]
    return f"{path.name[: len(path.name) - len(path.suffix)][: MAX_NAME - len(suffix)]}{suffix}"


def stored_name(name: str) -> str:
    """A name to keep a file under: random, with the extension of ``name`` when the portal knows it."""
    extension = extension_of(name)
    return f"{secrets.token_hex(16)}.{extension if extension in MEDIA_TYPES else 'bin'}"


def attachment(file: File, name: str) -> FileResponse:
    """The file to save under ``name``: never shown in the browser, never kept by it. ``NotFound`` when it is gone.

    Who may have it is decided before.
    """
    try:
        content = file.open("rb")
    except (FileNotFoundError, ValueError) as error:
        raise NotFound from error
    name = shown_name(name)
    media_type = MEDIA_TYPES.get(extension_of(name), "application/octet-stream")
    response = FileResponse(content, as_attachment=True, filename=name, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
