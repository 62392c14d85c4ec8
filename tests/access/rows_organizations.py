"""The pages and operations of the matrix: registrations, suspension, units, invitations, leaving."""

from __future__ import annotations

from typing import Any

from tests.factories.organizations import make_region
from tests.factories.registrations import certificate, guest_list, make_code

from . import bodies
from .cast import Cast
from .rows import Row, call, page

OPEN = {"organizations:invitation_open", "organizations:invitation_sign_up"}
"""Where the key of a mail alone opens; tests in ``tests/organizations/test_invitations.py``."""
UNIT = {"name": "Workshop 2", "name_en": ""}
INVITATION = {"email": "newcomer@example.org", "role": "tutor", "name": "", "title": ""}
ADMINISTRATORS = {"administrators": 200, "members": 403, "no_member": 403}
ADMINISTRATORS_ACT = {"administrators": 302, "members": 403, "no_member": 403}
_OF_SCHOOL = {"school_administrator": 200, "school_side": 403, "signed_in": 404}
_OF_SCHOOL_ACT = {"school_administrator": 302, "school_side": 403, "signed_in": 404}
_SCHOOL_ALONE = {"school_administrator": 302, "signed_in": 404}
# People of a suspended organization keep what is theirs as persons.
_APPLICANT = {"firm_observer": 200, "staff": 200, "signed_in": 404, "suspended": 404}
_DECIDED = {"staff": 302, "firm_observer": 403, "signed_in": 404, "suspended": 404}
_DECIDE = _DECIDED | {"staff": 200}


def registration(cast: Cast) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "country": "CN",
        "code": make_code(),
        "name": "New works",
        "name_en": "",
        "region": make_region().code,
        "evidence": certificate(),
        "note": "",
    }


PAGE_ROWS: list[Row] = [
    page("organizations:organization_suspend", "organization", staff=200, members=403),
    page("organizations:organization_suspend", "organization", post=bodies.REASON, staff=302, members=403),
    page("organizations:organization_resume", "organization", post={}, staff=302, members=403),
    # registrations
    page("organizations:registration_list", only_own=True, signed_in=200, suspended=200),
    page("organizations:registration_create", only_own=True, signed_in=200, suspended=200),
    page("organizations:registration_create", post=registration, only_own=True, signed_in=302, suspended=302),
    page("organizations:registration_detail", "registration", **_APPLICANT),
    page("organizations:registration_evidence", "registration", **_APPLICANT),
    page("organizations:registration_approve", "registration", post={}, **_DECIDED),
    page("organizations:registration_reject", "registration", **_DECIDE),
    page("organizations:registration_reject", "registration", post=bodies.REASON, **_DECIDED),
    page(
        "organizations:registration_withdraw",
        "registration",
        post={},
        firm_observer=302,
        staff=403,
        signed_in=404,
        suspended=404,
    ),
    page("organizations:region_search", only_own=True, signed_in=200, suspended=200),
    # units
    page("organizations:unit_list", members=200, no_member=403),
    page("organizations:unit_create", **ADMINISTRATORS),
    page("organizations:unit_create", post=UNIT | {"parent": ""}, **ADMINISTRATORS_ACT),
    page("organizations:unit_edit", "unit", **_OF_SCHOOL),
    page("organizations:unit_edit", "unit", post=UNIT, **_OF_SCHOOL_ACT),
    page("organizations:unit_move", "unit", **_OF_SCHOOL),
    page("organizations:unit_move", "unit", post={}, **_OF_SCHOOL_ACT),
    page("organizations:unit_close", "unit", **_OF_SCHOOL),
    page("organizations:unit_close", "unit", post={}, **_OF_SCHOOL_ACT),
    page("organizations:member_unit", "member", school_administrator=200, school=403, signed_in=404),
    page("organizations:member_unit", "member", post={}, school_administrator=302, school=403, signed_in=404),
    page("organizations:member_end", "member", school_administrator=200, school=403, signed_in=404),
    # invitations
    page("organizations:invitation_list", **ADMINISTRATORS),
    page("organizations:invitation_create", **ADMINISTRATORS),
    page("organizations:invitation_create", post=INVITATION | {"unit": ""}, **ADMINISTRATORS_ACT),
    page("organizations:invitation_import", **ADMINISTRATORS),
    page("organizations:invitation_import", post={"file": lambda cast: guest_list()}, **ADMINISTRATORS),
    page("organizations:invitation_resend", "invitation", post={}, **_SCHOOL_ALONE, suspended=404),
    page("organizations:invitation_revoke", "invitation", post={}, **_SCHOOL_ALONE, suspended=404),
    page("organizations:invitation_accept", "own_invitation", other_student=200, signed_in=404, suspended=404),
    page("organizations:invitation_accept", "own_invitation", post={}, other_student=302, signed_in=404, suspended=404),
    # tutors who are replaced
    page("placements:placement_academic_tutor", "placement", schools=200, firm=403, academic_tutor=403, student=403),
    page(
        "placements:placement_academic_tutor",
        "placement",
        post={"tutor": bodies.tutor_of("university")},
        schools=302,
        firm=403,
        academic_tutor=403,
        student=403,
    ),
]

API_ROWS: list[Row] = [
    call("GET", "/units/", signed_in=200),
    call("GET", "/units/{id}/", "unit", school_side=200),
    call("GET", "/invitations/", signed_in=200),
    call("GET", "/invitations/{id}/", "invitation", school_administrator=200),
    call(
        "POST",
        "/invitations/",
        body={"email": "newcomer@example.org", "role": "tutor"},
        administrators=201,
        members=403,
        no_member=403,
    ),
    call("POST", "/invitations/{id}/resend/", "invitation", school_administrator=200),
    call("POST", "/invitations/{id}/revoke/", "invitation", school_administrator=200),
    call(
        "POST",
        "/placements/{id}/academic-tutor/",
        "placement",
        body={"tutor": bodies.tutor_of("university")},
        schools=200,
        firm=403,
    ),
]
