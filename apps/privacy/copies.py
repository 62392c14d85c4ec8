"""The copy of one's own data: a ZIP with JSON for machines, a page for people, and the person's own files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import Any

from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.services import fetch
from apps.jobs.models import JobRun
from apps.jobs.runs import Progress, job_handler

from .policies import can_copy
from .register import Holding, register

KIND = "own_data_export"
CHUNK = 500


@job_handler(KIND, labels={"rows": gettext_lazy("Rows in the copy")})
def own_data_export(job: JobRun, progress: Progress) -> dict[str, Any]:
    """Write the archive; asked at the start and again before it is handed over whether the asker may still have it."""
    person = _allowed(job)
    with TemporaryFile() as file:
        rows = write_copy(person, file, progress)
        _allowed(job)
        file.seek(0)
        progress.attach(f"my-data-{timezone.localdate():%Y-%m-%d}.zip", File(file))
    return {"rows": rows}


def _allowed(job: JobRun) -> User:
    asker = fetch(User.objects.filter(is_active=True), pk=job.requested_by_id)
    person = fetch(User.objects.filter(erased_at=None), pk=job.params["person"])
    can_copy(Actor(user_id=asker.pk), person).require()
    return person


def write_copy(person: User, file: Any, progress: Progress | None = None) -> int:
    """Write the archive of everything that belongs in the person's copy into ``file``; returns how many rows."""
    holdings = [holding for holding in register.holdings if holding.copied_fields()]
    sections, count = [], 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, holding in enumerate(holdings, start=1):
            rows = [_row(holding, row, archive) for row in _rows(holding, person)]
            if rows:
                sections.append({"holding": holding, "heads": list(rows[0]), "rows": [list(r.values()) for r in rows]})
                name = f"data/{holding.label}{_suffix(holding)}.json"
                archive.writestr(name, json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
            count += len(rows)
            if progress is not None:
                progress.step(done, len(holdings))
        page = render_to_string("privacy/copy.html", {"person": person, "sections": sections, "now": timezone.now()})
        archive.writestr("index.html", page)
    return count


def _suffix(holding: Holding) -> str:
    """Tells apart the files of a model that is said in parts."""
    parts = [other for other in register.of_model(holding.label) if other.copied_fields()]
    return f"-{parts.index(holding) + 1}" if len(parts) > 1 else ""


def _rows(holding: Holding, person: User) -> Iterator[Any]:
    yield from holding.rows_of(person).order_by("pk").iterator(chunk_size=CHUNK)


def _row(holding: Holding, row: Any, archive: zipfile.ZipFile) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in holding.copied_fields():
        if name in holding.reveal:
            values[name] = holding.reveal[name](row)
        else:
            values[name] = _value(row, row._meta.get_field(name), archive)
    return values


def _value(row: Any, field: Any, archive: zipfile.ZipFile) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.FileField):
        return _file(value, row, archive)
    if isinstance(field, models.ForeignKey):
        return value if value is None or _is_person(field) else f"{value}: {getattr(row, field.name)}"
    if field.choices and value in dict(field.flatchoices):
        return force_str(dict(field.flatchoices)[value])
    return value


def _is_person(field: Any) -> bool:
    """Other people stand in the copy by their number: whom one worked with is their data too."""
    return any(step.name == "user" for step in field.related_model._meta.fields) or field.related_model is User


def _file(value: Any, row: Any, archive: zipfile.ZipFile) -> str:
    if not value or not value.storage.exists(value.name):
        return ""
    name = f"files/{row._meta.label_lower}-{row.pk}{PurePath(value.name).suffix}"
    with value.open("rb") as source, archive.open(name, "w") as target:
        for chunk in source.chunks():
            target.write(chunk)
    return name


def title() -> str:
    return _("A copy of my data")
