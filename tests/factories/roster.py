"""Roster files, and imports brought as far as a test needs them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from stdnum.iso7064 import mod_11_2

from apps.core.actor import Actor
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.organizations.models import Membership, Role
from apps.universities.models import RosterImport
from apps.universities.services.imports import roster_import_check, roster_import_commit, roster_import_upload

from .organizations import actor_as, make_member, make_university

HEAD = ("学号", "姓名", "电子邮箱", "专业", "班级", "入学年份", "身份证号")


def identity_number(number: int, birthday: date = date(2005, 3, 4), place: str = "110101") -> str:
    """A valid resident identity number; another one for each ``number`` below 1,000."""
    front = f"{place}{birthday:%Y%m%d}{number:03d}"
    return front + mod_11_2.calc_check_digit(front)


def student(number: int, **values: Any) -> list[Any]:
    row = {
        "学号": f"2024{number:06d}",
        "姓名": f"学生{number}",
        "电子邮箱": f"s{number}@campus.example",
        "专业": "机电一体化技术",
        "班级": f"机电24{1 + number % 2:02d}",
        "入学年份": 2024,
        "身份证号": identity_number(number),
    } | values
    return list(row.values())


def csv_file(rows: Iterable[Sequence[Any]], head: Sequence[str] = HEAD, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode(encoding)


def make_keeper() -> Membership:
    """An administrator of a new university."""
    return make_member(make_university(), Role.ADMINISTRATOR)


def upload(actor: Actor, data: bytes, kind: str = "students", name: str = "名单.csv", **values: Any) -> RosterImport:
    """An upload; ``values`` are set straight on the row."""
    roster = roster_import_upload(actor, kind=kind, file=ContentFile(data, name), file_name=name)
    values = {"create_missing": True} | values
    RosterImport.objects.filter(pk=roster.pk).update(**values)
    roster.refresh_from_db()
    return roster


def checked(keeper: Membership, data: bytes, **values: Any) -> tuple[RosterImport, JobRun]:
    """An upload and its dry run, done in this transaction."""
    actor = actor_as(keeper)
    roster = upload(actor, data, **values)
    job = run_here(roster_import_check(actor, import_id=roster.pk))
    roster.refresh_from_db()
    return roster, job


def imported(keeper: Membership, data: bytes, **values: Any) -> JobRun:
    """Uploaded, checked and taken over; the job of the last step."""
    roster, job = checked(keeper, data, **values)
    assert roster.is_sound, job.message or job.summary
    return run_here(roster_import_commit(actor_as(keeper), import_id=roster.pk))
