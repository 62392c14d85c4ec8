"""The pages and operations of the matrix: rights."""

from __future__ import annotations

from .rows import Row, call, page
from .rows_pages import act

GRANT = {"grant": "yes"}
NOT_ADMINISTRATORS = {"school": 403, "academic_tutor": 403, "student": 403, "school_observer": 403, "government": 403}
ADMINISTRATORS = {"administrators": 200}

PAGE_ROWS: list[Row] = [
    page("organizations:right_list", **ADMINISTRATORS, **NOT_ADMINISTRATORS),
    page("organizations:role_right", "role_right", only_own=True, administrators=200),
    page("organizations:role_right", "role_right", post=GRANT, only_own=True, administrators=302),
    page(
        "organizations:person_right_list",
        "member",
        school_administrator=200,
        school=403,
        student=404,
        firm_administrator=404,
        foreign_school_administrator=404,
    ),
    *act(
        "organizations:person_right",
        "member_right",
        GRANT,
        school_administrator=302,
        school=403,
        student=403,
        firm_administrator=404,
        foreign_school_administrator=404,
    ),
]

# trail, thing: who reads its history, who sees the thing and does not, to whom it is not there
HISTORIES: dict[tuple[str, str], dict[str, int]] = {
    ("agreement", "agreement"): {
        "schools": 200,
        "firms": 200,
        "school_observer": 403,
        "government": 403,
        "foreign_school": 404,
        "student": 404,
    },
    ("base", "base"): {"firms": 200, "school": 403, "student": 403, "government": 403, "foreign_firm": 404},
    ("intake", "intake"): {"firms": 200, "school": 403, "student": 403, "foreign_firm": 404},
    ("application", "own_application"): {
        "firms": 200,
        "schools": 200,
        "student": 403,
        "other_student": 404,
        "academic_tutor": 404,
        "foreign_firm": 404,
    },
    ("placement", "placement"): {
        "schools": 200,
        "firms": 200,
        "academic_tutor": 403,
        "enterprise_tutor": 403,
        "student": 403,
        "foreign_school": 404,
    },
    ("scheme", "scheme"): {"schools": 200, "firm": 404, "school_observer": 404, "foreign_school": 404},
    ("organization", "organization"): {"firm_administrator": 200, "members": 403, "staff": 403},
    ("role_rights", "organization"): {"firm_administrator": 200, "members": 403, "staff": 403},
    ("registration", "registration"): {"staff": 200, "firm_observer": 403, "school": 404},
    ("membership", "member"): {"school_administrator": 200, "school": 403, "firm_administrator": 404, "student": 404},
    ("person_rights", "member"): {
        "school_administrator": 200,
        "school": 403,
        "firm_administrator": 404,
        "student": 404,
    },
}
ALL = {"signed_in": 200}

PAGE_ROWS += [
    page("audit:act_list", **ADMINISTRATORS, **NOT_ADMINISTRATORS),
    page("audit:security_list", only_own=True, **ALL),
    *[page(f"audit:{trail}_history", thing, **expected) for (trail, thing), expected in HISTORIES.items()],
]
API_ROWS: list[Row] = [
    call("GET", "/rights/", **ADMINISTRATORS, **NOT_ADMINISTRATORS),
    *[call("GET", f"/history/{trail}/{{id}}/", thing, **expected) for (trail, thing), expected in HISTORIES.items()],
]

# anchor, thing: who may ask who sees it
SIGHTS: dict[tuple[str, str], dict[str, int]] = {
    ("organization", "organization"): HISTORIES["organization", "organization"],
    ("base", "base"): HISTORIES["base", "base"],
    ("agreement", "agreement"): HISTORIES["agreement", "agreement"],
    ("agreement", "draft_agreement"): {"schools": 200, "school_observer": 403, "firm": 404, "foreign_school": 404},
}
PAGE_ROWS += [page(f"organizations:{anchor}_sight", thing, **who) for (anchor, thing), who in SIGHTS.items()]
