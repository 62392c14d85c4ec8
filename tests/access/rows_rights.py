"""The pages and operations of the matrix: rights."""

from __future__ import annotations

from .rows import Row, call, page

GRANT = {"role": "observer", "right": "manage_bases", "grant": "yes"}
PERSONAL = {"right": "manage_bases", "grant": "yes"}
NOT_ADMINISTRATORS = {"school": 403, "academic_tutor": 403, "student": 403, "school_observer": 403, "government": 403}
ADMINISTRATORS = {"administrators": 200}

PAGE_ROWS: list[Row] = [
    page("organizations:right_list", **ADMINISTRATORS, **NOT_ADMINISTRATORS),
    page("organizations:role_right", post=GRANT, administrators=302, **NOT_ADMINISTRATORS),
    page(
        "organizations:person_right_list",
        "member",
        school_administrator=200,
        school=403,
        student=404,
        firm_administrator=404,
        foreign_school_administrator=404,
    ),
    page(
        "organizations:person_right",
        "member",
        post=PERSONAL,
        school_administrator=302,
        school=403,
        student=403,
        firm_administrator=404,
        foreign_school_administrator=404,
    ),
]

API_ROWS: list[Row] = [call("GET", "/rights/", **ADMINISTRATORS, **NOT_ADMINISTRATORS)]
