"""Who is asked at every address, and the groups by which rows name them.

The world is one university and one enterprise with an agreement in force; its twin is the same again, foreign to it.
"""

from __future__ import annotations

from .rows import Row

ANONYMOUS = "anonymous"
SCHOOL = ("school", "school_administrator", "school_observer")
FIRM = ("firm", "firm_administrator", "firm_observer")
TUTORS = ("academic_tutor", "enterprise_tutor", "other_academic_tutor", "other_enterprise_tutor")
STUDENTS = ("student", "other_student")
FOREIGNERS = (
    "foreign_school",
    "foreign_school_administrator",
    "foreign_firm",
    "foreign_academic_tutor",
    "foreign_enterprise_tutor",
    "foreign_student",
    "foreign_government",
    "foreign_group",
    "partner",
    "former_partner",
    "stranger",
)
BODIES = ("government", "group")
NO_MEMBER = ("outsider", "ended", "suspended", "staff")
DISABLED = "disabled"

GROUPS: dict[str, tuple[str, ...]] = {
    "schools": SCHOOL[:2],
    "firms": FIRM[:2],
    "observers": ("school_observer", "firm_observer"),
    "academic_tutors": ("academic_tutor", "other_academic_tutor"),
    "enterprise_tutors": ("enterprise_tutor", "other_enterprise_tutor"),
    "students": STUDENTS,
    "tutors": TUTORS,
    "school_side": (*SCHOOL, "academic_tutor", "other_academic_tutor", *STUDENTS),
    "firm_side": (*FIRM, "enterprise_tutor", "other_enterprise_tutor"),
    "insiders": (*SCHOOL, *FIRM, *TUTORS, *STUDENTS),
    "foreigners": FOREIGNERS,
    "foreign_coordinators": (
        "foreign_school",
        "foreign_school_administrator",
        "foreign_firm",
        "foreign_government",
        "foreign_group",
        "partner",
        "former_partner",
        "stranger",
    ),
    "coordinators": (
        *SCHOOL[:2],
        *FIRM[:2],
        "foreign_school",
        "foreign_school_administrator",
        "foreign_firm",
        "foreign_government",
        "foreign_group",
        "partner",
        "former_partner",
        "stranger",
        *BODIES,
    ),
    "administrators": ("school_administrator", "firm_administrator", "foreign_school_administrator"),
    "foreign_schools": ("foreign_school", "foreign_school_administrator", "stranger"),
    "foreign_tutors": ("foreign_academic_tutor", "foreign_enterprise_tutor"),
    "members": (*SCHOOL, *FIRM, *TUTORS, *STUDENTS, *FOREIGNERS, *BODIES),
    "no_member": NO_MEMBER,
    "signed_in": (*SCHOOL, *FIRM, *TUTORS, *STUDENTS, *FOREIGNERS, *BODIES, *NO_MEMBER),
}
PERSONAS = (ANONYMOUS, *GROUPS["signed_in"], DISABLED)
OVER = ("ended", "suspended", DISABLED)
"""Those who had a membership, and a token of it."""


def expected(row: Row, persona: str) -> int | None:
    """The status that the row promises; ``None``: the row does not name the persona, who must be refused.

    A persona's own name counts before any group, a smaller group before a larger one.
    """
    if persona in row.expected:
        return row.expected[persona]
    if persona in {ANONYMOUS, DISABLED} or (persona in OVER and row.path and not row.in_session):
        return row.expected.get(ANONYMOUS, 401 if row.path else 302)
    named = [name for name in row.expected if persona in GROUPS.get(name, ())]
    return row.expected[min(named, key=lambda name: len(GROUPS[name]))] if named else None


def granted(row: Row) -> list[str]:
    """The personas to whom the row gives what it is about."""
    return [persona for persona in GROUPS["signed_in"] if (expected(row, persona) or 500) < 400]
