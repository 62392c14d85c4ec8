"""The pages of the matrix."""

from __future__ import annotations

from typing import Any

from . import bodies
from .rows import Row, page

COORDINATORS = {"schools": 200, "firms": 200}
"""of the two sides of the world; ``coordinators`` are those of every organization"""
ACTED = {"schools": 302, "firms": 302}
INTAKE = {name: value for name, value in bodies.INTAKE.items() if name != "base"}


def act(url_name: str, thing: str, body: dict[str, Any], **expected: int) -> list[Row]:
    """A page with a form and the act behind it: who sees the form may send it, everyone else is refused both."""
    shown = {persona: 200 if status in {302, 409, 422} else status for persona, status in expected.items()}
    return [page(url_name, thing, **shown), page(url_name, thing, post=body, **expected)]


PAGE_ROWS: list[Row] = [
    # portal
    page("portal:home", signed_in=200),
    page("portal:search", signed_in=200),
    page("portal:membership_switch", post={"membership": lambda cast: cast.people["school"].pk}, school=302),
    # organizations
    page("organizations:organization_list", signed_in=200),
    page("organizations:organization_detail", "organization", members=200, staff=200),
    page("organizations:member_list", coordinators=200, observers=403, tutors=403, students=403),
    page("organizations:member_end", "member", post={}, school_administrator=302, school=403, student=404),
    # notifications
    page("notifications:list", signed_in=200),
    page("notifications:open", "delivery", post={}, school=302),
    page("notifications:read_all", post={}, signed_in=302),
    # bases and intakes
    page("bases:base_list", signed_in=200),
    page("bases:base_detail", "base", insiders=200, government=200),
    *act(
        "bases:base_create",
        "",
        bodies.BASE,
        firms=302,
        schools=302,
        coordinators=422,
        firm_observer=403,
        enterprise_tutor=403,
        student=403,
    ),
    *act("bases:base_edit", "base", bodies.BASE_DETAILS, firms=302, firm_observer=403, school=403, student=403),
    page("bases:intake_list", signed_in=200),
    page("bases:intake_detail", "intake", insiders=200, government=200),
    page("bases:intake_detail", "draft_intake", firm_side=200, school=404, student=404),
    *act("bases:intake_create", "base", INTAKE, firms=302, firm_observer=403, school=403),
    *act("bases:intake_edit", "draft_intake", INTAKE, firms=302, firm_observer=403, school=404),
    page("bases:intake_open", "draft_intake", post={}, firms=302, firm_observer=403, school=404),
    page("bases:intake_close", "intake", post={}, firms=302, firm_observer=403, school=403, student=403),
    *act("bases:position_add", "draft_intake", bodies.POSITION, firms=302, firm_observer=403, school=404),
    page("bases:position_remove", "draft_position", post={}, firms=302, firm_observer=403, school=404),
    # applications
    page(
        "applications:application_list",
        coordinators=200,
        students=200,
        foreign_student=200,
        academic_tutor=403,
        school_observer=403,
    ),
    page("applications:application_detail", "own_application", student=200, **COORDINATORS, other_student=404),
    *act(
        "applications:application_create",
        "open_position",
        bodies.STATEMENT,
        students=302,
        school=403,
        firm=403,
        academic_tutor=403,
    ),
    page(
        "applications:application_accept", "application", post={}, firms=302, school=403, firm_observer=404, student=404
    ),
    *act(
        "applications:application_reject",
        "application",
        bodies.REASON,
        firms=302,
        school=403,
        firm_observer=404,
        student=404,
    ),
    page(
        "applications:application_withdraw",
        "own_application",
        post={},
        student=302,
        other_student=404,
        school=403,
        firm=403,
    ),
    # placements
    page(
        "placements:placement_list",
        coordinators=200,
        tutors=200,
        foreign_tutors=200,
        students=200,
        foreign_student=200,
        observers=403,
    ),
    page(
        "placements:placement_detail",
        "placement",
        **COORDINATORS,
        academic_tutor=200,
        enterprise_tutor=200,
        student=200,
        other_academic_tutor=404,
        other_enterprise_tutor=404,
        other_student=404,
        government=404,
        group=404,
    ),
    *act(
        "placements:placement_arrange",
        "accepted_application",
        bodies.TERM | {"academic_tutor": bodies.tutor_of("university")},
        schools=302,
        firm=403,
        academic_tutor=404,
    ),
    *act(
        "placements:placement_tutor",
        "preparing_placement",
        {"tutor": bodies.tutor_of("enterprise")},
        firms=302,
        school=403,
        academic_tutor=403,
    ),
    page("placements:placement_start", "ready_placement", post={}, **ACTED, academic_tutor=403, student=404),
    page("placements:placement_complete", "placement", post={}, **ACTED, student=403, enterprise_tutor=403),
    *act("placements:placement_break_off", "placement", bodies.REASON, **ACTED, student=403, enterprise_tutor=403),
    # logs and journals
    page(
        "placements:log_list",
        coordinators=200,
        tutors=200,
        foreign_tutors=200,
        students=200,
        foreign_student=200,
        observers=403,
    ),
    *act(
        "placements:log_create",
        "placement",
        bodies.LOG,
        enterprise_tutor=302,
        academic_tutor=403,
        student=403,
        firm=403,
        other_enterprise_tutor=404,
    ),
    *act(
        "placements:log_edit",
        "log",
        bodies.LOG_CHANGE,
        enterprise_tutor=302,
        academic_tutor=403,
        student=403,
        other_enterprise_tutor=404,
    ),
    page(
        "placements:journal_list",
        coordinators=200,
        tutors=200,
        foreign_tutors=200,
        students=200,
        foreign_student=200,
        observers=403,
    ),
    page(
        "placements:journal_detail",
        "journal",
        **COORDINATORS,
        academic_tutor=200,
        enterprise_tutor=200,
        student=200,
        other_student=404,
        other_academic_tutor=404,
    ),
    *act(
        "placements:journal_create",
        "placement",
        bodies.JOURNAL,
        student=302,
        academic_tutor=403,
        school=403,
        other_student=404,
    ),
    *act(
        "placements:journal_answer",
        "journal",
        bodies.ANSWER,
        academic_tutor=302,
        enterprise_tutor=302,
        student=403,
        school=403,
        other_academic_tutor=404,
    ),
    # evaluations
    page("evaluations:scheme_list", coordinators=200, tutors=403, students=403, observers=403),
    page("evaluations:scheme_detail", "scheme", schools=200, academic_tutor=404, firm=404),
    *act(
        "evaluations:scheme_create",
        "",
        bodies.SCHEME_PAGE,
        schools=302,
        foreign_schools=302,
        firm=403,
        academic_tutor=403,
        student=403,
    ),
    *act(
        "evaluations:scheme_edit",
        "draft_scheme",
        bodies.SCHEME_PAGE,
        schools=302,
        academic_tutor=404,
        school_observer=404,
    ),
    page(
        "evaluations:scheme_publish",
        "draft_scheme",
        post={},
        schools=302,
        academic_tutor=404,
        school_observer=404,
    ),
    *act("evaluations:plan_create", "scheme", bodies.PLAN, schools=302, academic_tutor=404),
    page("evaluations:round_list", coordinators=200, tutors=403, students=403),
    page("evaluations:round_detail", "round", schools=200, academic_tutor=404),
    page(
        "evaluations:evaluation_list",
        coordinators=200,
        tutors=200,
        foreign_tutors=200,
        students=200,
        foreign_student=200,
        observers=403,
    ),
    page(
        "evaluations:evaluation_detail",
        "closed_evaluation",
        **COORDINATORS,
        enterprise_tutor=200,
        student=200,
        academic_tutor=404,
        other_student=404,
    ),
    page("evaluations:evaluation_detail", "evaluation", **COORDINATORS, academic_tutor=200, student=404),
    *act(
        "evaluations:evaluation_submit",
        "evaluation",
        bodies.SHEET_PAGE,
        academic_tutor=302,
        school=403,
        enterprise_tutor=404,
        other_academic_tutor=404,
    ),
    page(
        "evaluations:result_list",
        coordinators=200,
        tutors=200,
        foreign_tutors=200,
        students=200,
        foreign_student=200,
        observers=403,
    ),
    page(
        "evaluations:result_detail",
        "result",
        **COORDINATORS,
        academic_tutor=200,
        enterprise_tutor=200,
        student=200,
        other_student=404,
    ),
    # reports
    page("reporting:placements", coordinators=200, observers=200, academic_tutor=403, student=403),
]
