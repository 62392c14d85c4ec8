"""Valid input of every act in the matrix; callables get the cast."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.organizations.models import Role
from tests.factories.organizations import make_member

from .cast import Cast

TODAY = timezone.localdate()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
TERMINATION = {"cause": "insolvency", "reason": "The line is closed.", "settlement": "Others take the students."}
RELOCATION = {
    "students": lambda cast: [cast.things["relocation"].pk],
    "position": lambda cast: cast.world.position.pk,
    "statement": "Please take them in.",
}
REASON = {"reason": "The line is closed."}
BASE_DETAILS = {"name": "Workshop", "name_en": "", "address": "2 Harbour Road", "description": ""}
BASE = BASE_DETAILS | {
    "kind": "off_campus",
    "agreement": lambda cast: cast.world.agreement.pk,
    "region": lambda cast: cast.world.base.region_id,
}
INTAKE = {
    "base": lambda cast: cast.world.base.pk,
    "title": "Autumn",
    "selection": "reviewed",
    "closes_on": TODAY + timedelta(days=10),
    "starts_on": TODAY + timedelta(days=20),
    "ends_on": TODAY + timedelta(days=90),
}
POSITION = {"title": "Welder", "tasks": "Weld", "places": 3}
STATEMENT = {"statement": "I want to learn."}
LOG = {"worked_on": TODAY, "hours": "8.00", "tasks": "Assembly", "rating": 4, "note": ""}
LOG_CHANGE = {"hours": "6.00", "tasks": "Assembly", "rating": 3, "note": "", "version": 1}
JOURNAL = {"week_of": MONDAY, "work_done": "Assembled", "learnt": "Order", "reflection": ""}
ANSWER = {"text": "Well done."}
TERM = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=60)}
CRITERIA = [{"title": "Care", "standard": "Rule 1", "weight": "100"}]
SCHEME_API = {"title": "Standard", "criteria": CRITERIA}
SCHEME_PAGE = {
    "title": "Standard",
    "criteria.0.title": "Care",
    "criteria.0.standard": "Rule 1",
    "criteria.0.weight": "100",
}
PLAN = {
    "cadence": "weekly",
    "first_due_on": TODAY + timedelta(days=1),
    "ends_on": TODAY + timedelta(days=30),
    "days_open": 7,
}


def SHEET_PAGE(cast: Cast) -> dict[str, str]:  # noqa: N802  # a body like the others
    return {f"scores.{cast.key('criterion')}": "80", "comment": ""}


def tutor_of(side: str) -> Any:
    """The key of a fresh tutor of the university or the enterprise."""

    def key(cast: Cast) -> int:
        organization = cast.world.university if side == "university" else cast.world.enterprise
        return make_member(organization, Role.TUTOR).pk

    return key
