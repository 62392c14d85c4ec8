"""Rows by the thousand: validated by their models, written in chunks.

Each function keeps the rules that the service of one such row keeps: who is whose tutor, what lies within which dates, which
places are taken. ``invariants`` recounts them afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.hashers import make_password
from django.db import connection, models
from django.utils import timezone
from django_fsm import FSMField
from tqdm import tqdm

from apps.accounts.models import User
from apps.applications.models import Application
from apps.bases.models import Position
from apps.evaluations.models import Criterion, Evaluation, Score
from apps.organizations.models import Membership, Organization, Role, RoleGroup
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog
from apps.universities.models import Programme, StudentProfile

from . import names, texts
from .cast import PASSWORD

if TYPE_CHECKING:
    from .volume import Call, OpenBar, Side

M = TypeVar("M", bound=models.Model)
CHUNK = 5_000
DAYS_LOGGED = 44
WEEKS_WRITTEN = 4
STATES = [
    *[Placement.State.ACTIVE] * 75,
    *[Placement.State.COMPLETED] * 19,
    *[Placement.State.BROKEN_OFF] * 3,
    *[Placement.State.PREPARING] * 3,
]
WAITING = 6
"""applications to each open position"""


def write(new: Iterable[M], bar: tqdm) -> Iterator[M]:
    """Validate and store; gives the rows back with their keys."""
    pending = iter(new)
    while chunk := list(islice(pending, CHUNK)):
        model = type(chunk[0])
        checked_elsewhere = {
            field.name for field in model._meta.fields if field.is_relation or isinstance(field, FSMField)
        }
        for row in chunk:
            row.clean_fields(exclude=checked_elsewhere)
        yield from model._default_manager.bulk_create(chunk)
        bar.update(len(chunk))


def analyze() -> None:
    """Tell the planner of the rows that this transaction has written: autovacuum cannot see them yet."""
    tables = connection.introspection.django_table_names(only_existing=True)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(connection.ops.quote_name(table) for table in sorted(tables))}")


def write_all(new: Iterable[M], bar: tqdm) -> list[M]:
    return list(write(new, bar))


def join(wanted: list[tuple[Organization, str, int]], dice: Random, open_bar: OpenBar) -> list[Membership]:
    """So many new people in this role of this organization, with the role's group; all have the demo's one password."""
    places = [(organization, role) for organization, role, number in wanted for _person in range(number)]
    password = make_password(PASSWORD)
    year = timezone.localdate().year - 3
    with open_bar("people", 2 * len(places)) as bar:
        users = write_all(
            (
                User(
                    email=f"{role}{number}@org{organization.pk}.example.org",
                    name=names.person(dice),
                    password=password,
                )
                for number, (organization, role) in enumerate(places, 1)
            ),
            bar,
        )
        members = write_all(
            (
                Membership(user=user, organization=organization, role=role)
                for user, (organization, role) in zip(users, places, strict=True)
            ),
            bar,
        )
    groups = dict(_role_groups(organization for organization, _role, _number in wanted))
    through = User.groups.through
    through.objects.bulk_create(
        [through(user_id=member.user_id, group_id=groups[member.organization_id, member.role]) for member in members],
        batch_size=CHUNK,
    )
    students = [member for member in members if member.role == Role.STUDENT]
    programmes = _programmes(organization for organization, role, _number in wanted if role == Role.STUDENT)
    with open_bar("students", len(students)) as bar:
        write_all(
            (
                StudentProfile(
                    membership=member,
                    university_id=member.organization_id,
                    student_number=f"{year}{member.pk:08d}",
                    programme=dice.choice(programmes[member.organization_id]),
                    entry_year=year,
                )
                for member in students
            ),
            bar,
        )
    return members


def _programmes(universities: Iterable[Organization]) -> dict[int, list[Programme]]:
    rows = [Programme(university=university, name=name) for university in universities for name in names.PROGRAMMES]
    found: dict[int, list[Programme]] = {}
    for programme in Programme.objects.bulk_create(rows):
        found.setdefault(programme.university_id, []).append(programme)
    return found


def _role_groups(organizations: Iterable[Organization]) -> Iterator[tuple[tuple[int, str], int]]:
    for group in RoleGroup.objects.filter(organization__in={organization.pk for organization in organizations}):
        yield (group.organization_id, group.role), group.group_id


def place_students(calls: list[Call], number: int, dice: Random, today: date, open_bar: OpenBar) -> list[Placement]:
    """``number`` placements over all calls, each from an accepted application; others wait at the open positions.

    Gives back those that have started.
    """
    students = {call.university.organization.pk: iter(call.university.students) for call in calls}
    accepted: list[tuple[Call, Application]] = []
    waiting: list[Application] = []
    for call in islice(cycle(calls), number):
        student = next(students[call.university.organization.pk])
        position = call.past[len(accepted) // len(calls) % len(call.past)]
        accepted.append((call, _application(call, position, student, dice, Application.State.ACCEPTED)))
    for call in calls:
        applicants = dice.sample(call.university.students, WAITING * len(call.open))
        waiting += [
            _application(call, position, student, dice, Application.State.SUBMITTED)
            for position, student in zip(cycle(call.open), applicants, strict=False)
        ]
    with open_bar("applications and placements", 2 * number + len(waiting)) as bar:
        write_all((application for _call, application in accepted), bar)
        write_all(waiting, bar)
        placements = write_all((_placement(call, row, dice, today) for call, row in accepted), bar)
    _take_places(placements)
    return [placement for placement in placements if placement.started_at is not None]


def _application(call: Call, position: Position, student: Membership, dice: Random, state: str) -> Application:
    return Application(
        position=position,
        intake_id=position.intake_id,
        host=call.host.organization,
        university=call.university.organization,
        student=student,
        statement=dice.choice(texts.STATEMENTS),
        state=state,
        decided_at=timezone.now() if state == Application.State.ACCEPTED else None,
    )


def _placement(call: Call, application: Application, dice: Random, today: date) -> Placement:
    """In a state of ``STATES``; those that have ended did so after all their days were logged."""
    state = dice.choice(STATES)
    starts_on = today - timedelta(days=dice.randrange(70, 150))
    ends_on = today + timedelta(days=dice.randrange(10, 60))
    ended_on = None
    if state == Placement.State.COMPLETED:
        ends_on = ended_on = today - timedelta(days=dice.randrange(1, 5))
    elif state == Placement.State.BROKEN_OFF:
        ended_on = starts_on + timedelta(days=dice.randrange(30, 60))
    prepared = state == Placement.State.PREPARING
    return Placement(
        application=application,
        student_id=application.student_id,
        university_id=application.university_id,
        host_id=application.host_id,
        base=call.base,
        position_id=application.position_id,
        academic_tutor=dice.choice(call.university.tutors),
        enterprise_tutor=None if prepared else dice.choice(call.host.tutors),
        starts_on=starts_on,
        ends_on=ends_on,
        state=state,
        started_at=None if prepared else _at(starts_on, 9),
        ended_at=_at(ended_on, 17) if ended_on else None,
        reason="个人原因。Personal reasons." if state == Placement.State.BROKEN_OFF else "",
    )


def _at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _take_places(placements: list[Placement]) -> None:
    """Set the count of each position at once; the database refuses more than there are places."""
    taken = Counter(row.position_id for row in placements if row.state != Placement.State.BROKEN_OFF)
    by_number: dict[int, list[int]] = {}
    for position_id, number in taken.items():
        by_number.setdefault(number, []).append(position_id)
    for number, ids in by_number.items():
        Position.objects.filter(pk__in=ids).update(taken=number)


def write_days(placements: list[Placement], dice: Random, today: date, open_bar: OpenBar) -> None:
    """``DAYS_LOGGED`` working days of every placement that has started, or as many as it had."""
    with open_bar("logs", len(placements) * DAYS_LOGGED) as bar:
        for _log in write((log for placement in placements for log in _days(placement, dice, today)), bar):
            pass


def _last_day(placement: Placement, today: date) -> date:
    ended = [timezone.localdate(placement.ended_at)] if placement.ended_at else []
    return min([placement.ends_on, today - timedelta(days=1), *ended])


def _days(placement: Placement, dice: Random, today: date) -> Iterator[ProgressLog]:
    kind = dice.choice(list(texts.TASKS))
    length = (_last_day(placement, today) - placement.starts_on).days + 1
    days = [placement.starts_on + timedelta(days=distance) for distance in range(length)]
    working = [day for day in days if day.isoweekday() <= 5]
    for day in working[-DAYS_LOGGED:]:
        yield ProgressLog(
            placement=placement,
            tutor=placement.enterprise_tutor,
            worked_on=day,
            hours=Decimal(dice.randrange(24, 37)) / 4,
            tasks=dice.choice(texts.TASKS[kind]),
            rating=dice.choice([3, 4, 4, 5]),
            note=dice.choice(texts.NOTES),
        )


def write_weeks(placements: list[Placement], dice: Random, open_bar: OpenBar) -> None:
    """The journals of the first weeks of every placement that has started; the academic tutor has answered all but one."""
    with open_bar("journals", len(placements) * (2 * WEEKS_WRITTEN - 1)) as bar:
        journals = write_all((journal for row in placements for journal in _weeks(row, dice)), bar)
        tutors = {placement.pk: placement.academic_tutor_id for placement in placements}
        answered = (journal for number, journal in enumerate(journals, 1) if number % WEEKS_WRITTEN)
        write_all(
            (
                JournalAnswer(
                    journal=journal,
                    tutor_id=tutors[journal.placement_id],
                    text=dice.choice(texts.ANSWERS["academic"]),
                    answered_at=journal.submitted_at + timedelta(days=2),
                )
                for journal in answered
            ),
            bar,
        )


def _weeks(placement: Placement, dice: Random) -> Iterator[Journal]:
    monday = placement.starts_on - timedelta(days=placement.starts_on.weekday())
    for number in range(WEEKS_WRITTEN):
        week = monday + timedelta(days=7 * number)
        yield Journal(
            placement=placement,
            week_of=week,
            work_done=dice.choice(texts.WORK),
            learnt=dice.choice(texts.LEARNT),
            reflection=dice.choice(texts.REFLECTION),
            submitted_at=_at(week + timedelta(days=6), 20),
        )


def score_sheets(universities: list[Side], dice: Random, open_bar: OpenBar) -> None:
    """Hand in nineteen of twenty pending sheets of these universities, with points for every criterion."""
    ids = [side.organization.pk for side in universities]
    pending = Evaluation.objects.pending().filter(round__plan__scheme__organization__in=ids).order_by("pk")
    sheets = [sheet for sheet in pending.values_list("pk", "round__plan__scheme") if dice.random() < 0.95]
    criteria = _criteria(ids)
    for start in range(0, len(sheets), CHUNK):
        chunk = [pk for pk, _scheme in sheets[start : start + CHUNK]]
        Evaluation.objects.filter(pk__in=chunk).update(submitted_at=timezone.now(), comment=dice.choice(texts.COMMENTS))
    new = (
        Score(evaluation_id=pk, criterion_id=criterion, points=Decimal(dice.randrange(110, 200)) / 2)
        for pk, scheme in sheets
        for criterion in criteria[scheme]
    )
    with open_bar("scores", len(sheets) * len(texts.CRITERIA)) as bar:
        for _score in write(new, bar):
            pass


def _criteria(organization_ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = Criterion.objects.filter(scheme__organization__in=organization_ids).order_by("pk")
    for scheme, pk in rows.values_list("scheme", "pk"):
        found.setdefault(scheme, []).append(pk)
    return found
