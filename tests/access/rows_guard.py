"""The pages and operations of the matrix: guard."""

from __future__ import annotations

from .rows import Row, call, page

TOKEN = {"name": "Student information system", "scope": "read", "days": "90"}
_ADMINISTRATOR_ALONE = {"school_administrator": 200, "school": 403, "foreign_school_administrator": 404, "student": 404}

PAGE_ROWS: list[Row] = [
    page("organizations:token_list", signed_in=200),
    page("organizations:token_create", "member", **_ADMINISTRATOR_ALONE),
    page("organizations:token_create", "member", post=TOKEN, **_ADMINISTRATOR_ALONE),
    page("organizations:token_revoke", "token", school_administrator=200, school=200, other_student=404, stranger=404),
    page(
        "organizations:token_revoke",
        "token",
        post={},
        school_administrator=302,
        school=302,
        school_observer=404,
        foreign_school_administrator=404,
        student=404,
    ),
]
API_ROWS: list[Row] = [
    call("GET", "/tokens/", signed_in=200),
    call("GET", "/tokens/{id}/", "token", school_administrator=200, school=200, student=404, foreign_school=404),
    call(
        "POST",
        "/tokens/{id}/revoke/",
        "token",
        school_administrator=200,
        school=200,
        school_observer=404,
        foreign_school_administrator=404,
    ),
]
