"""Every place of the portal that takes a file, found in the running portal, with every file of the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.urls import get_resolver
from rest_framework import serializers

from apps.core.uploads import DOCUMENT, MEDIA_TYPES, UploadField, extension_of
from tests.core.corpus import CASES, KEPT, Case

from .cast import Cast
from .matrix import PAGES
from .personas import FOREIGNERS, expected, granted
from .probes import view_of
from .rows import Row
from .test_coverage import NOT_OURS, _pages
from .test_matrix import body_of, client_for, thing_of
from .visitors import address, look, undone

RANDOM = re.compile(r"[0-9a-f]{32}\.\w+")


def _subclasses(base: type) -> Iterator[type]:
    for found in base.__subclasses__():
        yield found
        yield from _subclasses(found)


def _forms_with_files() -> dict[type, dict[str, forms.FileField]]:
    get_resolver().url_patterns  # noqa: B018  # imports every view, and with it every form
    found = {}
    for form in _subclasses(forms.BaseForm):
        fields = getattr(form, "base_fields", {})
        files = {name: field for name, field in fields.items() if isinstance(field, forms.FileField)}
        if files and form.__module__.startswith("apps.") and form.__module__ != "apps.core.gallery":
            found[form] = files
    return found


def upload_points(cast: Cast) -> dict[type, list[Row]]:
    """The acts of the matrix that send a form with a file."""
    found: dict[type, list[Row]] = {}
    for row in PAGES:
        form = getattr(view_of(row, cast), "form_class", None)
        if row.method == "POST" and form in _forms_with_files() and granted(row):
            found.setdefault(form, []).append(row)
    return found


def test_every_form_with_a_file_uses_the_field_that_checks_it() -> None:
    for form, fields in _forms_with_files().items():
        assert {name for name, field in fields.items() if not isinstance(field, UploadField)} == set(), form


def test_every_form_with_a_file_is_sent_by_a_row_of_the_matrix(cast: Cast) -> None:
    sent = {form.__name__ for form in upload_points(cast)}
    assert {form.__name__ for form in _forms_with_files()} - KEPT_NOWHERE == sent


KEPT_NOWHERE = {"VerifyForm"}
"""Of a public page that reads a file and forgets it; ``tests/agreements/test_paper.py`` sends it the corpus."""


def test_the_api_takes_no_files() -> None:
    for serializer in _subclasses(serializers.Serializer):
        if serializer.__module__.startswith("apps."):
            fields = serializer().fields.values()
            assert not any(isinstance(field, serializers.FileField) and not field.read_only for field in fields)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_upload_point_refuses_or_keeps_harmless(case: Case, cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    content = case.make()
    for form, rows in upload_points(cast).items():
        for name, field in _forms_with_files()[form].items():
            assert isinstance(field, UploadField)
            takes = case.verdict == KEPT and (case.kind == "document") == (field.kind is DOCUMENT)
            _send(cast, rows[0], name, case, content, takes=takes)


def _send(cast: Cast, row: Row, name: str, case: Case, content: bytes, *, takes: bool) -> None:
    client = client_for(row, cast.visitors[granted(row)[0]])
    before = stored()
    with undone():
        file = SimpleUploadedFile("placeholder", content)
        file._name = case.name  # type: ignore[attr-defined]  # as nobody but an attacker names it
        body = body_of(row, cast) | {name: file}
        with cast.watch()() as watch:
            response = client.post(address(row, thing_of(row, cast)), body)
        what = f"{row} with {case}: {response.status_code}"
        assert response.status_code < 500, what
        if response.status_code == 422:
            errors = response.context["form"].errors
            assert errors.get(name) or takes, f"{what} {errors}"
            assert not watch.changed, f"{what} changed {watch.changed}"
            assert stored() == before, f"{what} left a file"
        else:
            assert takes, f"{what} took it"
            for path in stored() - before:
                assert RANDOM.fullmatch(path.name), f"{what} is kept as {path.name}"
                assert extension_of(path.name) in MEDIA_TYPES, path.name
                assert not path.stat().st_mode & 0o111, f"{path} can be executed"


def stored() -> set[Path]:
    """The files under the media root; a file anywhere else has no address."""
    from django.conf import settings

    root = Path(settings.MEDIA_ROOT)
    return {path for path in root.rglob("*") if path.is_file()} if root.exists() else set()


def test_no_model_names_a_file_as_people_did() -> None:
    """Files are kept in the media root, which no address serves."""
    names = set(_pages(get_resolver().url_patterns))
    assert not any("media" in name for name in names)
    assert {"admin"} == NOT_OURS
    for model in _subclasses(models.Model):
        if model.__module__.startswith("apps."):
            for field in model._meta.fields:
                if isinstance(field, models.FileField):
                    assert not Path(str(field.upload_to)).is_absolute()
                    assert ".." not in str(field.upload_to)


# --- giving back ---


def test_kept_file_is_an_attachment_for_those_who_may(cast: Cast, settings: Any, tmp_path: Path) -> None:
    """Every address that answers with a file, as those to whom a row gives it, and as foreigners."""
    settings.MEDIA_ROOT = tmp_path
    downloads = [row for row in PAGES if row.method == "GET" and _gives_file(row, cast)]
    assert downloads
    for row in downloads:
        thing = thing_of(row, cast)
        keep_file(thing)
        url = address(row, thing)
        for persona in granted(row):
            response = look(client_for(row, cast.visitors[persona]), url)
            headers = response.headers
            assert headers["Content-Disposition"].startswith("attachment;"), f"{row} as {persona}"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "no-store" in headers["Cache-Control"]
            assert headers["Content-Type"] in MEDIA_TYPES.values()
        for persona in FOREIGNERS:
            if expected(row, persona) is None:
                assert client_for(row, cast.visitors[persona]).get(url).status_code in {403, 404}, persona


def _gives_file(row: Row, cast: Cast) -> bool:
    thing = thing_of(row, cast)
    is_file = re.search(r"(_file|_evidence|_download|_result)$", row.url_name)
    return bool(is_file) and isinstance(thing, models.Model)


def keep_file(thing: models.Model) -> None:
    """A file in each of the thing's places for one, with a name in two scripts."""
    from django.core.files.base import ContentFile

    for field in thing._meta.fields:
        if isinstance(field, models.FileField):
            getattr(thing, field.name).save("0" * 32 + ".pdf", ContentFile(b"%PDF-1.7"))
            label = f"{field.name}_name"
            type(thing)._base_manager.filter(pk=thing.pk).update(**{label: '证书 "1".pdf'})
