"""A crowd for the jobs that need more than the demo data has: students of one university, intakes and placements, set-based.

Everything of it is marked, so that it can be taken away again, also after a run that was interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from benchmarks import BenchmarkError
from benchmarks.sql import Database

MARK = "benchmark"
DOMAIN = "@benchmark.invalid"
# Many rows at once into a table whose history is kept by trigger: every nested insert walks through all deferred checks.
IMMEDIATE = "SET CONSTRAINTS ALL IMMEDIATE;"
# The university that is party to most bases under agreements in force.
UNIVERSITY = """
    SELECT party.organization_id, array_agg(base.id ORDER BY base.id)
    FROM bases_base base
    JOIN agreements_agreement agreement ON agreement.id = base.agreement_id AND agreement.state = 'in_force'
        AND %s BETWEEN agreement.starts_on AND agreement.ends_on
    JOIN agreements_agreementparty party ON party.agreement_id = agreement.id
    JOIN organizations_organization organization ON organization.id = party.organization_id AND organization.kind = 'university'
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
STUDENTS = """
    WITH people AS (
        INSERT INTO accounts_user
            (password, is_superuser, email, name, language, theme, is_staff, is_active, date_joined)
        SELECT '!', false, 'student' || number || %s, 'Student ' || number, 'en', 'auto', false, true, now()
        FROM generate_series(1, %s) AS number RETURNING id
    )
    INSERT INTO organizations_membership (user_id, organization_id, role, title, started_at)
    SELECT id, %s, 'student', '', now() FROM people RETURNING id
"""
INTAKES = """
    WITH intake AS (
        INSERT INTO bases_intake
            (base_id, title, selection, closes_on, starts_on, ends_on, state, opened_at, created_at)
        SELECT (%s::bigint[])[1 + number %% %s], %s, 'first_come', today + 7, today + 30, today + 90, 'open', now(), now()
        FROM generate_series(1, %s) AS number, (SELECT %s::date AS today) AS calendar RETURNING id
    )
    INSERT INTO bases_position (intake_id, title, tasks, places, taken)
    SELECT id, 'Position', '', %s, %s FROM intake RETURNING id
"""
APPLY = """
    INSERT INTO applications_application (position_id, intake_id, host_id, university_id, student_id, statement, state,
        submitted_at, decided_at, reason)
    SELECT position.id, intake.id, base.host_id, student.organization_id, student.id, '', 'accepted', now(), now(), ''
    FROM bases_position position JOIN bases_intake intake ON intake.id = position.intake_id
    JOIN bases_base base ON base.id = intake.base_id, organizations_membership student
    WHERE position.id = ANY(%s) AND student.id = ANY(%s)
"""
# The tutors are those that the university and the hosts have.
PLACE = """
    WITH tutor AS MATERIALIZED (
        SELECT organization_id, array_agg(id) AS ids FROM organizations_membership
        WHERE role = 'tutor' AND ended_at IS NULL GROUP BY 1
    )
    INSERT INTO placements_placement (application_id, student_id, university_id, host_id, base_id, position_id,
        academic_tutor_id, enterprise_tutor_id, starts_on, ends_on, state, started_at, ended_at, reason, created_at)
    SELECT made.id, student_id, university_id, made.host_id, intake.base_id, position_id,
        academic.ids[1 + made.id %% cardinality(academic.ids)], enterprise.ids[1 + made.id %% cardinality(enterprise.ids)],
        intake.starts_on, intake.ends_on, 'completed', now(), now(), '', now()
    FROM applications_application made JOIN bases_intake intake ON intake.id = made.intake_id
    JOIN tutor academic ON academic.organization_id = university_id
    JOIN tutor enterprise ON enterprise.organization_id = made.host_id
    WHERE position_id = ANY(%s)
"""


def _within(column: str, rows: str) -> str:
    return f"{column} IN ({rows})"


MARKED_INTAKE, MARKED_PERSON = f"title = '{MARK}'", f"email LIKE '%{DOMAIN}'"
OF_INTAKE = _within("intake_id", f"SELECT id FROM bases_intake WHERE {MARKED_INTAKE}")  # noqa: S608  # constants, as below
OF_PERSON = _within("user_id", f"SELECT id FROM accounts_user WHERE {MARKED_PERSON}")  # noqa: S608
OF_MEMBER = _within("membership_id", f"SELECT id FROM organizations_membership WHERE {OF_PERSON}")  # noqa: S608
APPLICATIONS = f"SELECT id FROM applications_application WHERE {OF_INTAKE}"  # noqa: S608
NEWS_KEYS = f"SELECT 'application_accepted:' || id FROM applications_application WHERE {OF_INTAKE}"  # noqa: S608
NEWS = f"SELECT id FROM notifications_notification WHERE key IN ({NEWS_KEYS})"  # noqa: S608
PLACED = _within("application_id", APPLICATIONS)
UNSENT = "payload->>'kind' = 'application_accepted' AND " + _within(
    "(payload#>>'{payload,application}')::bigint", APPLICATIONS
)
# What the history recorded stays: nobody rewrites it.
TO_CLEAR = (
    ("jobs_outboxmessage", UNSENT),
    ("notifications_delivery", _within("notification_id", NEWS)),
    ("notifications_notification", _within("id", NEWS)),
    ("placements_placement", PLACED),
    ("applications_application", OF_INTAKE),
    ("bases_position", OF_INTAKE),
    ("bases_intake", MARKED_INTAKE),
    ("organizations_apitoken", OF_MEMBER),
    ("organizations_membership", OF_PERSON),
    ("accounts_user", MARKED_PERSON),
)


class Crowd:
    """Students of one university, and intakes of the bases that it has agreements about."""

    def __init__(self, database: Database, *, students: int) -> None:
        self.database = database
        found = database.rows(UNIVERSITY, timezone.localdate())
        if not found:
            raise BenchmarkError("No university has a base under an agreement in force; seed_demo --scale large.")
        self.university, self.bases = found[0]
        self.students = self._ids(STUDENTS, DOMAIN, students, self.university)
        self.taken = 0

    def positions(self, count: int, *, places: int, taken: int = 0) -> list[int]:
        """So many new positions, each in an open intake of its own, which the first come get."""
        self.taken += count * taken
        return self._ids(INTAKES, self.bases, len(self.bases), MARK, count, timezone.localdate(), places, taken)

    def place_all(self, positions: list[int]) -> None:
        """A completed placement of every student at every position."""
        self.analyze()
        self.database.run(IMMEDIATE + APPLY, positions, self.students)
        self.analyze()
        self.database.run(IMMEDIATE + PLACE, positions)
        self.analyze()

    def analyze(self) -> None:
        """Tell the planner, before autovacuum does: it may be minutes late, and a figure may not depend on that."""
        for table, _which in TO_CLEAR:
            self.database.run(f"ANALYZE {table}")

    def applications(self) -> int:
        """How many there are; `BenchmarkError` when the places taken beyond those of the beginning are not as many."""
        ((written, taken),) = self.database.rows(
            f"SELECT (SELECT count(*) FROM applications_application WHERE {OF_INTAKE}),"  # noqa: S608
            f" (SELECT sum(taken) FROM bases_position WHERE {OF_INTAKE})"
        )
        if written != taken - self.taken:
            raise BenchmarkError(f"{taken - self.taken} places are taken by {written} applications.")
        return int(written)

    def silence(self) -> None:
        """Take back what the worker has not begun to tell people of the applications, so that it rests between the sides."""
        self.database.run(f"DELETE FROM jobs_outboxmessage WHERE attempts = 0 AND {UNSENT}")  # noqa: S608

    def _ids(self, sql: str, *values: Any) -> list[int]:
        return [pk for (pk,) in self.database.rows(IMMEDIATE + sql, *values)]


@contextmanager
def gathered(database: Database, *, students: int) -> Iterator[Crowd]:
    """A crowd of so many students; whatever came of it is gone when the block ends, and an earlier run's before it begins."""
    _clear(database)
    try:
        yield Crowd(database, students=students)
    finally:
        _clear(database)


def _clear(database: Database) -> None:
    for table, which in TO_CLEAR:
        database.run(f"DELETE FROM {table} WHERE {which}")  # noqa: S608
