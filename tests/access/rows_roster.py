"""The pages and operations of the matrix: jobs, students and teachers, roster imports."""

from __future__ import annotations

from typing import Any

from tests.factories.roster import csv_file, student

from .cast import Cast
from .rows import Row, call, page

_OWN = {"signed_in": 200}
_KEEPER = {"school_administrator": 200}
_KEEPERS = {"school_administrator": 200, "foreign_school_administrator": 200}
_SEES_ALL = {"schools": 200, "foreign_schools": 200}
_SEES_ONE = {"schools": 200, "student": 200, "signed_in": 404}


def upload(cast: Cast) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return {"kind": "students", "file": SimpleUploadedFile("roster.csv", csv_file([student(1)]), "text/csv")}


def columns(cast: Cast) -> dict[str, Any]:
    mapping: dict[str, str] = cast.things["roster"].mapping
    return {**mapping, "create_missing": "on", "encoding": "utf-8", "delimiter": ","}


PAGE_ROWS: list[Row] = [
    page("jobs:run_list", only_own=True, **_OWN),
    page("jobs:run_detail", "job", school_administrator=200, signed_in=404),
    page("jobs:run_file", "job", school_administrator=200, signed_in=404),
    page("jobs:run_cancel", "waiting_job", post={}, school_administrator=302, signed_in=404),
    page("universities:student_list", only_own=True, **_SEES_ALL),
    page("universities:teacher_list", only_own=True, **_SEES_ALL),
    page("universities:student_detail", "student_profile", **_SEES_ONE),
    page(
        "universities:student_identity",
        "student_profile",
        school_administrator=200,
        school=403,
        student=403,
        signed_in=404,
    ),
    page(
        "universities:student_identity",
        "student_profile",
        post={"reason": "Insurance"},
        school_administrator=200,
        school=403,
        student=403,
        signed_in=404,
    ),
    page("universities:roster_list", only_own=True, **_KEEPERS),
    page("universities:roster_upload", only_own=True, **_KEEPERS),
    page(
        "universities:roster_upload",
        post=upload,
        only_own=True,
        school_administrator=302,
        foreign_school_administrator=302,
    ),
    page("universities:roster_detail", "roster", **_KEEPER, foreign_school_administrator=404),
    page(
        "universities:roster_detail",
        "roster",
        post=columns,
        school_administrator=302,
        foreign_school_administrator=404,
    ),
    page(
        "universities:roster_commit",
        "sound_roster",
        post={},
        school_administrator=302,
        foreign_school_administrator=404,
    ),
]
API_ROWS: list[Row] = [
    call("GET", "/jobs/", only_own=True, signed_in=200),
    call("GET", "/jobs/{id}/", "job", school_administrator=200, signed_in=404),
    call("POST", "/jobs/{id}/cancel/", "waiting_job", school_administrator=200, signed_in=404),
    call("GET", "/students/", only_own=True, signed_in=200),
    call("GET", "/students/{membership}/", "student_profile", **_SEES_ONE),
    call("GET", "/programmes/", only_own=True, signed_in=200),
    call("GET", "/programmes/{id}/", "programme", schools=200, signed_in=404),
    call("GET", "/classes/", only_own=True, signed_in=200),
    call("GET", "/classes/{id}/", "school_class", schools=200, signed_in=404),
    call("GET", "/roster-imports/", only_own=True, signed_in=200),
    call("GET", "/roster-imports/{id}/", "roster", school_administrator=200, signed_in=404),
]
