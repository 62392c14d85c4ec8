from __future__ import annotations

import resource
import time
import unicodedata
from email.message import Message
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile, UploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.core import file_checks
from apps.core.errors import NotFound
from apps.core.uploads import (
    DOCUMENT,
    MAX_NAME,
    MAX_REQUEST,
    MEDIA_TYPES,
    SPREADSHEET,
    UploadField,
    attachment,
    extension_of,
    shown_name,
    stored_name,
)

from . import corpus
from .corpus import CASES, KEPT, Case

KINDS = {"document": DOCUMENT, "spreadsheet": SPREADSHEET}
MAX_SECONDS, MAX_GROWTH_KB = 2.0, 200 * 1024


def upload(case: Case) -> UploadedFile:
    file = SimpleUploadedFile("placeholder", case.make())
    file._name = case.name  # type: ignore[attr-defined]  # what a form gets that was not sent by a browser
    return file


def clean(case: Case, kind: str = "") -> UploadedFile:
    result: UploadedFile = UploadField(kind=KINDS[kind or case.kind]).clean(upload(case))
    return result


def test_corpus_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 80
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_file_is_kept_harmless_or_refused_with_a_reason_soon_and_in_little_memory(case: Case) -> None:
    file = upload(case)
    memory, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    try:
        found, reason = UploadField(kind=KINDS[case.kind]).clean(file), ""
    except ValidationError as error:
        found, reason = None, " ".join(error.messages)
    assert time.monotonic() - began < MAX_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MAX_GROWTH_KB
    if case.verdict == KEPT:
        assert found is not None, reason
        assert_harmless(found)
    else:
        assert found is None
        assert len(reason) > 10


def assert_harmless(file: UploadedFile) -> None:
    assert file.name is not None
    assert file.content_type == MEDIA_TYPES[extension_of(file.name)]
    assert 0 < len(file.name) <= MAX_NAME
    assert not set(file.name) & set('/\\<>:"|?*\0')
    assert not any(unicodedata.category(sign)[0] == "C" for sign in file.name)
    assert not file.name.startswith(".")
    if file.content_type.startswith("image/"):
        content = file.read()
        for added in (b"script", b"EICAR", b"Author", b"GPS", b"PK\x03\x04"):
            assert added not in content


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict == KEPT], ids=str)
def test_field_of_the_other_kind_refuses_it(case: Case) -> None:
    with pytest.raises(ValidationError, match="not taken here"):
        clean(case, "document" if case.kind == "spreadsheet" else "spreadsheet")


def test_photo_stays_the_right_way_up_and_forgets_where_it_was_taken() -> None:
    content = clean(next(case for case in CASES if case.title == "jpg with place and author")).read()
    assert b"Exif\0\0MM" in content
    assert b"\x01\x12\0\x03\0\0\0\x01\0\x06" in content
    assert b"\x88\x25" not in content


@pytest.mark.parametrize("noise", [b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"])
def test_photo_with_a_broken_note_is_kept_without_it(noise: bytes) -> None:
    extra = corpus.jpeg_part(0xE1, b"Exif\0\0" + noise)
    file = UploadField(kind=DOCUMENT).clean(SimpleUploadedFile("a.jpg", corpus.jpeg(extra=extra)))
    assert file.read() == corpus.jpeg()


def test_file_on_disk_is_checked_like_one_in_memory() -> None:
    file = TemporaryUploadedFile("名单.csv", "text/html", 0, "utf-8")
    file.write(corpus.CSV.encode("gb18030"))
    file.size = file.tell()
    assert UploadField(kind=SPREADSHEET).clean(file).read() == corpus.CSV.encode("gb18030")


def test_smaller_limit_of_a_field_is_its_own() -> None:
    field = UploadField(kind=SPREADSHEET, max_mb=1)
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        field.clean(SimpleUploadedFile("a.csv", b"a," * 600_000))
    assert "1 MB" in str(field.help_text)


def test_field_that_may_be_left_empty() -> None:
    assert UploadField(kind=DOCUMENT, required=False).clean(None) is None
    with pytest.raises(ValidationError, match="required"):
        UploadField(kind=DOCUMENT).clean(None)


# --- names ---


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\a\\b.pdf", "b.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\x00\x1f\x7f.pdf", "a.pdf"),
        ("..", "file"),
        ("", "file"),
        ("  a   b .pdf ", "a b .pdf"),
        ("证书 2026（盖章）.pdf", "证书 2026（盖章）.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        (f"{'长' * 300}.pdf", f"{'长' * 146}.pdf"),
    ],
)
def test_shown_name(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_stored_name_is_random_and_keeps_only_a_known_extension() -> None:
    names = {stored_name("证书.pdf") for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) == 36 and name.endswith(".pdf") for name in names)
    assert stored_name("a.php").endswith(".bin")


# --- giving back ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["证书.pdf", 'a"; b.pdf', "a\r\nb.png", "名单.xlsx", "x.csv", "page.html", "a" * 300 + ".pdf"]
)
def test_attachment_is_saved_and_never_shown(name: str, tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    path = default_storage.save(stored_name(name), ContentFile(b"content"))
    response = attachment(default_storage.open(path), name)
    assert b"".join(response.streaming_content) == b"content"  # type: ignore[arg-type]  # not asynchronous
    response.close()
    header = response.headers["Content-Disposition"]
    message = Message()
    message["Content-Disposition"] = header
    assert header.startswith("attachment;")
    assert "\r" not in header
    assert "\n" not in header
    assert (message.get_filename() or "").isprintable()
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    expected = MEDIA_TYPES.get(extension_of(name), "application/octet-stream")
    assert response.headers["Content-Type"] == expected


def test_attachment_whose_file_is_gone_does_not_exist(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    path = default_storage.save(stored_name("a.pdf"), ContentFile(b"content"))
    file = default_storage.open(path)
    file.close()
    default_storage.delete(path)
    with pytest.raises(NotFound):
        attachment(file, "a.pdf")


# --- bodies that no field would take ---


class _Unread:
    def read(self, *args: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = read


@pytest.mark.django_db
def test_two_gigabytes_are_refused_unread() -> None:
    head = {
        "CONTENT_LENGTH": str(2 * 1024**3),
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "wsgi.input": _Unread(),
    }
    answer = Client(raise_request_exception=False).request(
        REQUEST_METHOD="POST", PATH_INFO=reverse("account_login"), **head
    )
    assert answer.status_code == 400


def test_request_below_the_bound_is_read() -> None:
    sent = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", b"a,b")})
    assert int(sent.META["CONTENT_LENGTH"]) < MAX_REQUEST
    assert sent.FILES["file"].read() == b"a,b"


# --- controls: with a check taken out its cases get through ---


@pytest.mark.parametrize(
    ("guard", "title"),
    [
        ("_check_prolog", "outer entity in a sheet"),
        ("_check_entries", "workbook that unpacks to 280 MB"),
        ("_check_content_types", "macro workbook by its type"),
        ("_check_directory", "workbook with something before it"),
        ("_check_pixels", "picture of 40,000 by 40,000"),
    ],
)
def test_without_the_check_the_file_gets_through(guard: str, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_checks, guard, lambda *args: None)
    assert clean(next(case for case in CASES if case.title == title))
