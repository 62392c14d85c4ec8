"""The pages and operations of the matrix: privacy."""

from __future__ import annotations

from django.utils import timezone

from .rows import Row, call, page

OPEN = {"privacy:guardian_answer"}
"""Where the link alone opens; tests in ``tests/privacy/test_guardians.py``."""
GUARDIAN = {"name": "Wang Fang", "relation": "mother", "phone": "+86 139 1234 5678", "email": "parent@example.org"}
PAPER = {"given_on": timezone.localdate(), "held": "on"}
SURE = {"understood": "on"}
# What is theirs stays open to people whose organization is suspended.
_EVERYBODY = {"signed_in": 200, "suspended": 200}
_NOBODY_ELSE = {"signed_in": 404, "suspended": 404}
_SCHOOL = {"schools": 200} | _NOBODY_ELSE
_SCHOOL_ACTS = {"schools": 302} | _NOBODY_ELSE
_STAFF = {"staff": 200, "other_student": 403} | _NOBODY_ELSE
_STAFF_ACTS = {"staff": 302, "other_student": 403} | _NOBODY_ELSE
_RELIED_ON = dict.fromkeys(
    (
        "school_administrator",
        "firm_administrator",
        "foreign_school_administrator",
        "academic_tutor",
        "enterprise_tutor",
        "student",
    ),
    409,
)

PAGE_ROWS: list[Row] = [
    page("privacy:overview", only_own=True, **_EVERYBODY),
    page("privacy:copy_ask", "student_person", post={}, student=302, **_NOBODY_ELSE),
    page("privacy:disclosure_list", only_own=True, **_EVERYBODY),
    page("privacy:consent_list", only_own=True, **_EVERYBODY),
    page("privacy:consent_give", "consent_text", post={}, only_own=True, signed_in=302, suspended=302),
    page("privacy:consent_withdraw", "consent", post={}, student=302, **_NOBODY_ELSE),
    page("privacy:erasure_ask", only_own=True, **_EVERYBODY),
    page("privacy:erasure_ask", post=SURE, only_own=True, signed_in=302, suspended=302, **_RELIED_ON),
    page("privacy:erasure_list", staff=200, signed_in=403, suspended=403),
    page("privacy:erasure_withdraw", "erasure", post={}, other_student=302, **_NOBODY_ELSE),
    page("privacy:erasure_refuse", "erasure", **_STAFF),
    page("privacy:erasure_refuse", "erasure", post={"reason": "A dispute."}, **_STAFF_ACTS),
    page("privacy:erasure_carry_out", "erasure", post={}, **_STAFF_ACTS),
    page("privacy:guardian_list", "minor", **_SCHOOL),
    page("privacy:guardian_register", "minor", **_SCHOOL),
    page("privacy:guardian_register", "minor", post=GUARDIAN, **_SCHOOL_ACTS),
    page("privacy:guardian_consent_withdraw", "minor", post={}, **_SCHOOL_ACTS),
    page("privacy:guardian_ask_again", "guardian", post={}, **_SCHOOL_ACTS),
    page("privacy:guardian_end", "guardian", post={}, **_SCHOOL_ACTS),
    page("privacy:paper_consent", "guardian", **_SCHOOL),
    page("privacy:paper_consent", "guardian", post=PAPER, **_SCHOOL_ACTS),
]
API_ROWS: list[Row] = [
    call("GET", "/own-data/", only_own=True, signed_in=200),
    call("GET", "/consents/", only_own=True, signed_in=200),
    call("GET", "/consents/{id}/", "consent", student=200, signed_in=404),
    call(
        "POST",
        "/consents/",
        body={"text": lambda cast: cast.key("consent_text")},
        only_own=True,
        in_session=True,
        signed_in=201,
        suspended=403,
    ),
    call("POST", "/consents/{id}/withdraw/", "consent", in_session=True, student=200, signed_in=404, suspended=403),
]
