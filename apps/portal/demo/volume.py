"""The mass around the story: hundreds of organizations, tens of thousands of students, hundreds of thousands of logged days.

Organizations, framework agreements, bases, intakes, positions, schemes, plans and rounds are made by the services. People,
memberships, applications, placements with their agreements, logs, journals and scores are written set-based (``rows``,
``contracts``), because one by one they would take hours. Every such row is validated by its model before it is written, the
database's constraints hold as ever, and ``seed_demo`` ends with the check of all invariants. What services would have told
people about these rows is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import ceil
from random import Random
from typing import NamedTuple

from django.utils import timezone
from stdnum.cn import uscc
from tqdm import tqdm

from apps.agreements.services import agreement_draft, agreement_submit
from apps.bases.models import Base, Intake, Position
from apps.bases.services import base_create, intake_close, intake_draft, intake_open
from apps.core.actor import Actor
from apps.core.services import save_valid
from apps.evaluations.models import EvaluationPlan
from apps.evaluations.services import plan_create, rounds_close_due, rounds_open_due, scheme_create, scheme_publish
from apps.organizations.models import Membership, Organization, Region, Role
from apps.organizations.principal import actor_for
from apps.organizations.services import organization_create
from apps.vocational_groups.models import GroupMember

from . import names, rows, texts
from .contracts import sign_for_placements
from .signing import WRITTEN_BEFORE, clauses, sign_on_paper
from .stage import SYSTEM

OpenBar = Callable[[str, int], AbstractContextManager[tqdm]]
PARTNERS = 2
"""universities with which an enterprise has an agreement"""
GROUP_SIZE = 8
ROUNDS = (-30, -16, -2)
"""days of the rounds; all but the last are closed"""


class Scale(NamedTuple):
    universities: int
    enterprises: int
    groups: int
    governments: int
    associations: int
    students: int
    placements: int
    academic_tutors: int = 12
    enterprise_tutors: int = 8

    @property
    def organizations(self) -> int:
        return self.universities + self.enterprises + self.groups + self.governments + self.associations


SCALES = {
    "medium": Scale(12, 20, 2, 2, 1, 2_000, 500),
    "large": Scale(60, 125, 10, 8, 5, 20_000, 5_000),
}


@dataclass(slots=True)
class Side:
    """An organization with those who act for it."""

    organization: Organization
    coordinator: Actor
    tutors: list[Membership]
    students: list[Membership] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """A base with the partners behind it: what applications and placements are made for."""

    university: Side
    host: Side
    base: Base
    past: list[Position]
    open: list[Position]


def fill(scale: Scale, *, seed: int, open_bar: OpenBar) -> None:
    """Make the mass of this scale beside what is there; ``open_bar`` shows the progress of a step by its name and size."""
    dice = Random(f"volume {seed}")  # noqa: S311  # chance must repeat
    today = timezone.localdate()
    organizations = _organizations(scale, dice, open_bar)
    sides = _people(scale, dice, organizations, open_bar)
    universities = [side for side in sides if side.organization.kind == Organization.Kind.UNIVERSITY]
    hosts = [side for side in sides if side.organization.kind == Organization.Kind.ENTERPRISE]
    _gather_groups(dice, sides, today)
    pairs = [
        (universities[(number * PARTNERS + turn) % len(universities)], host)
        for number, host in enumerate(hosts)
        for turn in range(PARTNERS)
    ]
    places = ceil(scale.placements / len(pairs))
    rows.analyze()
    with open_bar("agreements, bases and intakes", len(pairs)) as bar:
        calls = []
        for university, host in pairs:
            calls.append(_call(dice, university, host, today, places))
            bar.update()
    started = rows.place_students(calls, scale.placements, dice, today, open_bar)
    coordinators = {side.organization.pk: side.coordinator for side in [*universities, *hosts]}
    sign_for_placements(started, coordinators, open_bar)
    rows.write_days(started, dice, today, open_bar)
    rows.write_weeks(started, dice, open_bar)
    rows.analyze()
    _evaluate(universities, dice, today, open_bar)


def _organizations(scale: Scale, dice: Random, open_bar: OpenBar) -> list[Organization]:
    kinds = [
        *[Organization.Kind.UNIVERSITY] * scale.universities,
        *[Organization.Kind.ENTERPRISE] * scale.enterprises,
        *[Organization.Kind.VOCATIONAL_GROUP] * scale.groups,
        *[Organization.Kind.GOVERNMENT] * scale.governments,
        *[Organization.Kind.ASSOCIATION] * scale.associations,
    ]
    regions = list(Region.objects.filter(level=Region.Level.PREFECTURE).order_by("code"))
    organizations = []
    with open_bar("organizations", len(kinds)) as bar:
        for number, kind in enumerate(kinds, 1):
            region = dice.choice(regions)
            name, name_en = names.organization(dice, kind, region.name, number)
            organizations.append(
                organization_create(
                    SYSTEM,
                    kind=kind,
                    code=_code(kind, region, number),
                    name=name,
                    name_en=name_en,
                    region_code=region.pk,
                )
            )
            bar.update()
    return organizations


def _code(kind: str, region: Region, number: int) -> str:
    """Ten digits for a university, a valid unified social credit code for the others."""
    if kind == Organization.Kind.UNIVERSITY:
        return f"49{number:08d}"
    first = {Organization.Kind.ENTERPRISE: "91", Organization.Kind.GOVERNMENT: "11"}.get(Organization.Kind(kind), "51")
    body = f"{first}{region.code}MB{number:07d}"
    return f"{body}{uscc.calc_check_digit(body)}"


def _people(scale: Scale, dice: Random, organizations: list[Organization], open_bar: OpenBar) -> list[Side]:
    """A coordinator everywhere, tutors on both sides, students evenly at the universities."""
    wanted: list[tuple[Organization, str, int]] = []
    for number, organization in enumerate(organizations):
        wanted.append((organization, Role.COORDINATOR, 1))
        if organization.kind == Organization.Kind.UNIVERSITY:
            students = scale.students // scale.universities + (number < scale.students % scale.universities)
            wanted += [(organization, Role.TUTOR, scale.academic_tutors), (organization, Role.STUDENT, students)]
        elif organization.kind == Organization.Kind.ENTERPRISE:
            wanted.append((organization, Role.TUTOR, scale.enterprise_tutors))
    members: dict[tuple[int, str], list[Membership]] = {}
    for member in rows.join(wanted, dice, open_bar):
        members.setdefault((member.organization_id, member.role), []).append(member)
    sides = []
    for organization in organizations:
        [coordinator] = members[organization.pk, Role.COORDINATOR]
        sides.append(
            Side(
                organization,
                replace(actor_for(coordinator.user_id, coordinator.pk), confirmed=True),
                members.get((organization.pk, Role.TUTOR), []),
                members.get((organization.pk, Role.STUDENT), []),
            )
        )
    return sides


def _gather_groups(dice: Random, sides: list[Side], today: date) -> None:
    kinds = {Organization.Kind.UNIVERSITY, Organization.Kind.ENTERPRISE}
    candidates = [side.organization for side in sides if side.organization.kind in kinds]
    for side in sides:
        if side.organization.kind == Organization.Kind.VOCATIONAL_GROUP:
            for organization in dice.sample(candidates, min(GROUP_SIZE, len(candidates))):
                joined_on = today - timedelta(days=dice.randrange(60, 900))
                save_valid(GroupMember(group=side.organization, organization=organization, joined_on=joined_on))


def _call(dice: Random, university: Side, host: Side, today: date, places: int) -> Call:
    """From the agreement to two intakes, by the services: one that has been closed and one that is open."""
    field_cn, field_en = dice.choice(names.FIELDS)
    agreement = agreement_draft(
        university.coordinator,
        title=f"{field_cn}实训基地共建协议 · Training base of {field_en}",
        mode="training_base",
        clauses=clauses("training_base", f"面向{field_cn}共建实训基地。A training base of {field_en}."),
        starts_on=today - timedelta(days=dice.randrange(280, 600)),
        ends_on=today + timedelta(days=dice.randrange(100, 900)),
        party_ids=[host.organization.pk],
    )
    agreement_submit(university.coordinator, agreement_id=agreement.pk)
    people = Membership.objects.filter(pk__in=[side.coordinator.membership_id for side in (university, host)])
    signed_by = dict(people.values_list("organization", "user__name"))
    day = agreement.starts_on - timedelta(days=WRITTEN_BEFORE)
    sign_on_paper(agreement.pk, university.coordinator, [host.coordinator], day, signed_by)
    base = base_create(
        host.coordinator,
        agreement_id=agreement.pk,
        kind=Base.Kind.OFF_CAMPUS,
        name=f"{field_cn}基地（{university.organization.name}）",
        name_en=f"Base of {field_en} ({university.organization.name_en})",
        region_code=host.organization.region_id or "",
        address=f"工业园区{dice.randrange(1, 300)}号",
    )
    # Those who broke off have given their place back, so a few more were accepted than there are places at once.
    past = _intake(dice, host, base, "上期实习 Past term", today, (0, -150, 60), ceil(places / 2))
    intake_close(host.coordinator, intake_id=past[0].intake_id)
    coming = _intake(dice, host, base, "下期实习 Coming term", today, (dice.randrange(5, 40), 60, 90), ceil(places / 2))
    return Call(university, host, base, past, coming)


def _intake(
    dice: Random, host: Side, base: Base, title: str, today: date, days: tuple[int, int, int], places: int
) -> list[Position]:
    closes, starts, ends = (today + timedelta(days=distance) for distance in days)
    intake = intake_draft(
        host.coordinator,
        base_id=base.pk,
        title=title,
        selection=Intake.Selection.REVIEWED,
        closes_on=closes,
        starts_on=starts,
        ends_on=ends,
        positions=[{"title": job, "tasks": job, "places": places} for job in dice.sample(names.JOBS, 2)],
    )
    intake_open(host.coordinator, intake_id=intake.pk)
    return list(intake.positions.all())


def _evaluate(universities: list[Side], dice: Random, today: date, open_bar: OpenBar) -> None:
    """A scheme and a plan for each university; its rounds open and close by the services, tutors' scores are set-based."""
    with open_bar("evaluation schemes", len(universities)) as bar:
        for side in universities:
            scheme = scheme_create(side.coordinator, title="实习评价 Placement evaluation", criteria=texts.CRITERIA)
            scheme_publish(side.coordinator, scheme_id=scheme.pk)
            plan_create(
                side.coordinator,
                scheme_id=scheme.pk,
                cadence=EvaluationPlan.Cadence.FORTNIGHTLY,
                first_due_on=today + timedelta(days=ROUNDS[0]),
                ends_on=today + timedelta(days=120),
            )
            bar.update()
    for distance in ROUNDS:
        day = today + timedelta(days=distance)
        rounds_open_due(SYSTEM, today=day)
        rows.analyze()
        if distance != ROUNDS[-1]:
            rows.score_sheets(universities, dice, open_bar)
            rounds_close_due(SYSTEM, today=day + timedelta(days=8))
