"""The rows of a file, staged for the length of a transaction and matched as sets with who and what is there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.core.encryption import encrypt
from apps.organizations.models import Role

from ..identity import identity_index
from ..models import RosterImport
from .rows import Entry, Problem

TEXTS = (
    "number",
    "name",
    "email",
    "programme",
    "school_class",
    "identity_kind",
    "identity_index",
    "unit",
    "title",
)
COPIED = ("roster_id", "row", *TEXTS, "entry_year", "birth_date", "identity_sealed")
# Nobody but the transaction that fills the table ever sees a row: they are deleted before it commits.
CLEAR = "DELETE FROM roster_row"
COPY = f"COPY roster_row ({', '.join(COPIED)}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({', '.join(TEXTS)}))"


@dataclass(frozen=True, slots=True)
class People:
    """Where the people of one kind of import live. The names are constants of this module."""

    role: str
    table: str
    number: str


PEOPLE = {
    RosterImport.Kind.STUDENTS: People(Role.STUDENT, "universities_studentprofile", "student_number"),
    RosterImport.Kind.TEACHERS: People(Role.TUTOR, "universities_teacherprofile", "staff_number"),
}

MATCH_PEOPLE = """
    UPDATE roster_row SET mail_user = person.id FROM accounts_user person
    WHERE roster_row.email <> '' AND lower(person.email) = roster_row.email;
    UPDATE roster_row SET number_user = member.user_id, has_left = member.ended_at IS NOT NULL
    FROM {table} profile JOIN organizations_membership member ON member.id = profile.membership_id
    WHERE profile.university_id = %(university)s AND profile.{number} = roster_row.number;
"""
MATCH_IDENTITY = """
    UPDATE roster_row SET identity_user = member.user_id, has_left = has_left OR member.ended_at IS NOT NULL
    FROM universities_studentprofile profile JOIN organizations_membership member ON member.id = profile.membership_id
    WHERE profile.university_id = %(university)s AND roster_row.identity_index <> ''
        AND profile.identity_index = roster_row.identity_index;
"""
MATCH_MEMBERS = """
    UPDATE roster_row SET user_id = coalesce(mail_user, identity_user, number_user);
    UPDATE roster_row SET is_active = person.is_active, is_owned = NOT person.is_staff AND NOT EXISTS (
        SELECT FROM organizations_membership other
        WHERE other.user_id = person.id AND other.organization_id <> %(university)s
    ) FROM accounts_user person WHERE person.id = roster_row.user_id;
    UPDATE roster_row SET membership_id = member.id FROM organizations_membership member
    WHERE member.user_id = roster_row.user_id AND member.organization_id = %(university)s AND member.role = %(role)s
        AND member.ended_at IS NULL;
"""
MATCH_PROGRAMMES = """
    UPDATE roster_row SET programme_id = found.id FROM universities_programme found
    WHERE found.university_id = %(university)s AND found.code <> '' AND found.code = roster_row.programme;
    UPDATE roster_row SET programme_id = found.id FROM universities_programme found
    WHERE found.university_id = %(university)s AND found.name = roster_row.programme;
    UPDATE roster_row SET class_id = found.id, class_programme = found.programme_id FROM universities_schoolclass found
    WHERE found.university_id = %(university)s AND found.name = roster_row.school_class;
"""
MATCH_UNITS = """
    UPDATE roster_row SET unit_id = found.id, units = found.count FROM (
        SELECT name, min(id) AS id, count(*) AS count FROM organizations_unit
        WHERE organization_id = %(university)s AND closed_at IS NULL GROUP BY name
    ) found WHERE found.name = roster_row.unit;
"""
STUDENT_OUTCOME = """
    UPDATE roster_row SET outcome = CASE WHEN (number, roster_row.entry_year, roster_row.programme_id)
            IS NOT DISTINCT FROM (profile.student_number, profile.entry_year::int, profile.programme_id)
        AND (school_class = '' OR class_id IS NOT DISTINCT FROM profile.school_class_id)
        AND (roster_row.identity_index = '' OR (roster_row.identity_index, roster_row.identity_kind)
            = (profile.identity_index, profile.identity_kind))
        AND (NOT is_owned OR (person.name = roster_row.name
            AND (roster_row.birth_date IS NULL OR roster_row.birth_date IS NOT DISTINCT FROM person.birth_date)))
        THEN 'unchanged' ELSE 'changed' END
    FROM universities_studentprofile profile JOIN organizations_membership member ON member.id = profile.membership_id
        JOIN accounts_user person ON person.id = member.user_id
    WHERE profile.membership_id = roster_row.membership_id;
"""
TEACHER_OUTCOME = """
    UPDATE roster_row SET outcome = CASE WHEN number = profile.staff_number
        AND (unit = '' OR roster_row.unit_id IS NOT DISTINCT FROM member.unit_id)
        AND (roster_row.title = '' OR roster_row.title = member.title)
        AND (NOT is_owned OR person.name = roster_row.name)
        THEN 'unchanged' ELSE 'changed' END
    FROM universities_teacherprofile profile JOIN organizations_membership member ON member.id = profile.membership_id
        JOIN accounts_user person ON person.id = member.user_id
    WHERE profile.membership_id = roster_row.membership_id;
"""
REPEATED = """
    SELECT row, first FROM (SELECT row, min(row) OVER (PARTITION BY {column}) AS first FROM roster_row WHERE {given}) AS found
    WHERE row <> first ORDER BY row
"""
CLASS_IN_TWO = """
    SELECT row FROM (
        SELECT row, programme, first_value(programme) OVER (PARTITION BY school_class ORDER BY row) AS first
        FROM roster_row WHERE class_id IS NULL AND school_class <> ''
    ) AS found WHERE programme <> first ORDER BY row
"""
RESULTS = "SELECT row, number, name, outcome FROM roster_row WHERE row > %s ORDER BY row LIMIT %s"
CHUNK = 5_000
OTHERS_NUMBER = "number_user IS NOT NULL AND number_user IS DISTINCT FROM coalesce(mail_user, identity_user)"


class Staging:
    """One import's rows: put in by chunks, matched once, asked for what is wrong with them as a whole."""

    def __init__(self, roster: RosterImport) -> None:
        self.roster = roster
        self.people = PEOPLE[RosterImport.Kind(roster.kind)]
        self.is_students = roster.kind == RosterImport.Kind.STUDENTS
        self.values = {"university": roster.university_id, "role": self.people.role}
        # Pending foreign-key checks would be walked through for every row of history that a trigger writes.
        self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # The planner does not know how many rows were staged, and would look them through once for every person.
        self.execute("SET LOCAL enable_nestloop = off")
        self.clear()

    def execute(self, sql: str, values: Any = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def clear(self) -> None:
        """Take the rows away; must be done before the transaction ends."""
        self.execute(CLEAR)
        self.execute("SET LOCAL enable_nestloop = on")

    def place(self, row: int) -> str:
        """Where an identity number may be opened while it waits here."""
        return f"roster_row.identity_sealed:{self.roster.pk}:{row}"

    def add(self, entries: Iterable[Entry]) -> None:
        buffer = io.StringIO()
        csv.writer(buffer).writerows(map(self._line, entries))
        buffer.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(COPY, buffer)

    def _line(self, entry: Entry) -> list[Any]:
        number = entry.values.get("identity", "")
        index = identity_index(number) if number else ""
        sealed = "\\x" + encrypt(number, place=self.place(entry.row)).hex() if number else ""
        texts = [index if name == "identity_index" else entry.values.get(name, "") for name in TEXTS]
        return [self.roster.pk, entry.row, *texts, entry.values.get("entry_year", ""), entry.birth_date or "", sealed]

    def match(self) -> None:
        """Find the person, membership, programme, class and unit of each row, and what the row would do."""
        names = {"table": self.people.table, "number": self.people.number}
        self.execute(MATCH_PEOPLE.format(**names), self.values)
        if self.is_students:
            self.execute(MATCH_IDENTITY, self.values)
        self.match_members()
        self.match_places()
        self.execute(STUDENT_OUTCOME if self.is_students else TEACHER_OUTCOME)

    def match_members(self) -> None:
        self.execute(MATCH_MEMBERS, self.values)

    def match_places(self) -> None:
        self.execute(MATCH_PROGRAMMES if self.is_students else MATCH_UNITS, self.values)

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys(("created", "changed", "unchanged"), 0)
        return found | dict(self.rows("SELECT outcome, count(*) FROM roster_row GROUP BY outcome"))

    def results(self) -> Iterator[tuple[int, str, str, str]]:
        """Row, number, name and outcome of every row."""
        last = 0
        while found := self.rows(RESULTS, [last, CHUNK]):
            yield from found
            last = found[-1][0]

    def problems(self) -> Iterator[Problem]:
        """What is wrong with rows beside others, and beside who and what is there."""
        yield from self._repeated("number", "number <> ''", "number")
        yield from self._repeated("email", "email <> ''", "email")
        yield from self._repeated("identity_index", "identity_index <> ''", "identity")
        yield from self._repeated("user_id", "user_id IS NOT NULL", "email", _("Row %(first)d is the same person."))
        yield from self._where("has_left", "number", _("This person has left. An import does not take anybody back."))
        yield from self._where("NOT is_active", "email", _("The account of this person is disabled."))
        yield from self._where(
            "mail_user <> identity_user",
            "identity",
            _("The identity number belongs to somebody with another e-mail address."),
        )
        yield from self._where(
            f"{OTHERS_NUMBER} AND NOT has_left",
            "number",
            _("The number belongs to somebody with another e-mail address."),
        )
        yield from self._places()

    def _places(self) -> Iterator[Problem]:
        if self.is_students:
            yield from self._where(
                "class_programme <> programme_id", "school_class", _("This class belongs to another programme.")
            )
            if self.roster.create_missing:
                for (row,) in self.rows(CLASS_IN_TWO):
                    yield row, "school_class", _("This class is in another programme further up.")
        yield from self._where("units > 1", "unit", _("Several units have this name."))
        if self.roster.create_missing:
            return
        yield from self._where(
            "programme <> '' AND programme_id IS NULL", "programme", _("There is no such programme. Import it first.")
        )
        yield from self._where(
            "school_class <> '' AND class_id IS NULL", "school_class", _("There is no such class. Import it first.")
        )
        yield from self._where("unit <> '' AND unit_id IS NULL", "unit", _("There is no such unit."))

    def _where(self, condition: str, field: str, text: str) -> Iterator[Problem]:
        # The conditions are constants of this class.
        for (row,) in self.rows(f"SELECT row FROM roster_row WHERE {condition} ORDER BY row"):  # noqa: S608
            yield row, field, text

    def _repeated(self, column: str, given: str, field: str, text: str = "") -> Iterator[Problem]:
        text = text or _("This stands in row %(first)d already.")
        for row, first in self.rows(REPEATED.format(column=column, given=given)):
            yield row, field, text % {"first": first}
