"""The one statement by which a student applies.

It finds the student's own live application, whether the intake takes applications, takes a place when the first come are
served, and writes the application. Whoever comes at the same moment waits for the row of the position and then sees the new
count, so no more places are given than there are. Nothing is read before and checked afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, ExpressionWrapper, F

from apps.bases.models import Intake, Position, takes_applications_on
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.organizations.models import Role

from .models import Application

_FIELDS = [field.attname for field in Application._meta.concrete_fields]
_COLUMNS = ", ".join(_FIELDS)
# Names of tables and columns come from the models; every value is a parameter.
_CLAIM = f"""
WITH call AS MATERIALIZED ({{call}}),
own AS MATERIALIZED (
    SELECT {_COLUMNS} FROM {Application._meta.db_table}
    WHERE student_id = %s AND intake_id = (SELECT id FROM call) AND state IN ('submitted', 'accepted')
),
place AS (
    UPDATE {Position._meta.db_table} SET taken = taken + 1
    WHERE id = %s AND taken < places
      AND EXISTS (SELECT FROM call WHERE takes AND selection = 'first_come') AND NOT EXISTS (SELECT FROM own)
    RETURNING id
),
made AS (
    INSERT INTO {Application._meta.db_table}
        (position_id, intake_id, host_id, university_id, student_id, statement, submitted_at, reason, state, decided_at)
    SELECT %s, call.id, call.host, %s, %s, %s, %s, '', won.state, won.decided_at
    FROM call CROSS JOIN (
        SELECT 'accepted' AS state, %s::timestamptz AS decided_at FROM place
        UNION ALL
        SELECT 'submitted', NULL FROM call WHERE takes AND selection = 'reviewed' AND NOT EXISTS (SELECT FROM own)
    ) AS won
    RETURNING {_COLUMNS}
)
SELECT call.takes, found.*
FROM call LEFT JOIN (
    SELECT true AS is_new, {_COLUMNS} FROM made UNION ALL SELECT false, {_COLUMNS} FROM own
) AS found ON true
"""  # noqa: S608  # see above


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of it. Without an ``application``: the position is full if the intake ``takes`` applications."""

    application: Application | None
    is_new: bool
    takes: bool


def claim(actor: Actor, *, position_id: int, statement: str, now: datetime, today: date) -> Claim:
    """Apply, or find the student's own live application in the intake; ``NotFound`` when the position is not visible.

    ``IntegrityError`` when the same student's other request overtook this one; the transaction must then be given up.
    """
    if not 0 < position_id <= BigIntegerField.MAX_BIGINT:
        raise NotFound
    sql, blanks = _statement()
    meant = {_ORGANIZATION: actor.organization_id, _POSITION: position_id, _TODAY: today}
    student = actor.membership_id
    call: list[Any] = [meant.get(value, value) for value in blanks]
    written: list[Any] = [position_id, actor.organization_id, student, statement, now, now]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*call, student, position_id, *written])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    takes, is_new, *found = row
    application = Application.from_db(connection.alias, _FIELDS, found) if is_new is not None else None
    return Claim(application, bool(is_new), takes)


# Stand in the parameters of the statement for the values of a request.
_ORGANIZATION, _POSITION, _TODAY = -1, -2, date.min


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """The statement and the parameters of its first part, written once: the ORM takes longer to write it than Postgres to do it.

    The first part is the intake as a student sees it, and whether it takes applications.
    """
    student = Actor(user_id=1, membership_id=1, organization_id=_ORGANIZATION, role=Role.STUDENT)
    takes = ExpressionWrapper(takes_applications_on(_TODAY), output_field=BooleanField())
    intake = (
        Intake.objects.visible_to(student)
        .filter(positions__id=_POSITION)
        .order_by()
        .values("id", "selection", host=F("base__host_id"), takes=takes)
    )
    call, blanks = intake.query.sql_with_params()
    return _CLAIM.format(call=call), tuple(blanks)
