"""Staged people become accounts, memberships and profiles: a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection, models
from django.utils import timezone

from apps.accounts.models import User
from apps.core.encryption import decrypt, encrypt
from apps.organizations.models import Membership, RoleGroup, Unit

from ..models import Programme, SchoolClass, StudentProfile
from .staging import Staging

CHUNK = 5_000
NEW_STUDENTS = """
    INSERT INTO universities_studentprofile (membership_id, university_id, student_number, programme_id, school_class_id,
        entry_year, identity_kind, identity_index, identity_sealed)
    SELECT membership_id, %(university)s, number, programme_id, class_id, entry_year, identity_kind, identity_index,
        identity_sealed
    FROM roster_row WHERE outcome = 'created'
"""
CHANGED_STUDENTS = """
    UPDATE universities_studentprofile profile SET student_number = number, programme_id = roster_row.programme_id,
        school_class_id = coalesce(class_id, CASE WHEN profile.programme_id = roster_row.programme_id THEN school_class_id END),
        entry_year = roster_row.entry_year,
        identity_kind = coalesce(nullif(roster_row.identity_kind, ''), profile.identity_kind),
        identity_index = coalesce(nullif(roster_row.identity_index, ''), profile.identity_index),
        identity_sealed = coalesce(roster_row.identity_sealed, profile.identity_sealed)
    FROM roster_row WHERE profile.membership_id = roster_row.membership_id AND outcome = 'changed'
"""
NEW_TEACHERS = """
    INSERT INTO universities_teacherprofile (membership_id, university_id, staff_number)
    SELECT membership_id, %(university)s, number FROM roster_row WHERE outcome = 'created'
"""
CHANGED_TEACHERS = """
    UPDATE universities_teacherprofile profile SET staff_number = number
    FROM roster_row WHERE profile.membership_id = roster_row.membership_id AND staff_number <> number;
"""
CHANGED_MEMBERS = """
    UPDATE organizations_membership member SET unit_id = coalesce(roster_row.unit_id, member.unit_id),
        title = coalesce(nullif(roster_row.title, ''), member.title)
    FROM roster_row WHERE member.id = roster_row.membership_id AND outcome <> 'unchanged'
        AND (roster_row.unit_id IS DISTINCT FROM member.unit_id OR roster_row.title <> member.title)
"""
CHANGED_PEOPLE = """
    UPDATE accounts_user person SET name = roster_row.name, birth_date = coalesce(roster_row.birth_date, person.birth_date)
    FROM roster_row WHERE person.id = roster_row.user_id AND is_owned AND outcome <> 'unchanged'
        AND (person.name <> roster_row.name OR roster_row.birth_date IS DISTINCT FROM person.birth_date)
"""
FOUND_PEOPLE = """
    UPDATE roster_row SET mail_user = person.id FROM accounts_user person
    WHERE user_id IS NULL AND lower(person.email) = roster_row.email
"""
ENTITLE = """
    INSERT INTO accounts_user_groups (user_id, group_id) SELECT user_id, %s FROM roster_row ON CONFLICT DO NOTHING
"""
TO_SEAL = """
    SELECT row, membership_id, identity_sealed FROM roster_row
    WHERE identity_sealed IS NOT NULL AND outcome <> 'unchanged' AND row > %s ORDER BY row LIMIT %s
"""
SEALED = """
    UPDATE roster_row SET identity_sealed = fresh.sealed
    FROM unnest(%s::int[], %s::bytea[]) AS fresh(row, sealed) WHERE fresh.row = roster_row.row
"""


def write_people(staging: Staging, step: Callable[[float], None]) -> None:
    """Write what the staged rows say; there must be no problem left. ``step`` hears which share is done."""
    if staging.roster.create_missing:
        _create_missing(staging)
    _insert(
        User,
        {
            "email": "email",
            "name": "name",
            "birth_date": "birth_date",
            # No password fits; each is another, because links to set one depend on it.
            "password": "'!' || translate(gen_random_uuid()::text, '-', '')",
            "language": "%(language)s",
        },
        {"language": staging.roster.created_by.language},
        where="user_id IS NULL",
    )
    staging.execute(FOUND_PEOPLE)
    staging.match_members()
    step(0.2)
    _insert(
        Membership,
        {
            "user": "user_id",
            "organization": "%(university)s",
            "role": "%(role)s",
            "title": "title",
            "unit": "unit_id",
            "started_at": "%(now)s",
        },
        staging.values | {"now": timezone.now()},
        where="membership_id IS NULL",
    )
    staging.match_members()
    step(0.5)
    group = RoleGroup.objects.get(organization_id=staging.roster.university_id, role=staging.people.role).group_id
    staging.execute(ENTITLE, [group])
    staging.execute(CHANGED_PEOPLE)
    step(0.6)
    if staging.is_students:
        _seal(staging)
        step(0.8)
        staging.execute(NEW_STUDENTS, staging.values)
        staging.execute(CHANGED_STUDENTS)
    else:
        staging.execute(NEW_TEACHERS, staging.values)
        staging.execute(CHANGED_TEACHERS)
        staging.execute(CHANGED_MEMBERS)
    step(1)


def _create_missing(staging: Staging) -> None:
    """Programmes, classes and units that the rows name and the university does not have."""
    own = {"university_id": staging.roster.university_id}
    if staging.is_students:
        names = staging.rows("SELECT DISTINCT programme FROM roster_row WHERE programme_id IS NULL ORDER BY 1")
        Programme.objects.bulk_create([Programme(**own, name=name) for (name,) in names], batch_size=CHUNK)
        staging.match_places()
        classes = staging.rows(
            "SELECT DISTINCT ON (school_class) school_class, programme_id, entry_year FROM roster_row"
            " WHERE class_id IS NULL AND school_class <> '' ORDER BY school_class, row"
        )
        SchoolClass.objects.bulk_create(
            [
                SchoolClass(**own, name=name, programme_id=programme, entry_year=year)
                for name, programme, year in classes
            ],
            batch_size=CHUNK,
        )
    else:
        names = staging.rows("SELECT DISTINCT unit FROM roster_row WHERE unit_id IS NULL AND unit <> '' ORDER BY 1")
        Unit.objects.bulk_create(
            [Unit(organization_id=staging.roster.university_id, name=name) for (name,) in names], batch_size=CHUNK
        )
    staging.match_places()


def _insert(model: type[models.Model], given: dict[str, str], values: dict[str, Any], *, where: str) -> None:
    """INSERT..SELECT from the staged rows; the fields that are not ``given`` get the model's defaults."""
    columns, expressions = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        columns.append(connection.ops.quote_name(str(field.column)))
        if field.name not in given:
            values = values | {f"default_{field.name}": field.get_db_prep_save(field.get_default(), connection)}
        expressions.append(given.get(field.name, f"%(default_{field.name})s"))
    sql = (
        f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({', '.join(columns)})"  # noqa: S608  # names of models
        f" SELECT {', '.join(expressions)} FROM roster_row WHERE {where} ORDER BY row"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _seal(staging: Staging) -> None:
    """Identity numbers move from their place in the staged rows to the place where they will lie."""
    last = 0
    while rows := staging.rows(TO_SEAL, [last, CHUNK]):
        fresh = [
            encrypt(decrypt(sealed, place=staging.place(row)), place=StudentProfile.identity_place(membership))
            for row, membership, sealed in rows
        ]
        staging.execute(SEALED, [[row for row, _membership, _sealed in rows], fresh])
        last = rows[-1][0]
