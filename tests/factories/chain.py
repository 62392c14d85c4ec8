"""The links of the chain below an agreement in force, written straight into the tables.

A test of one link needs those below it only as they are; their own tests reach them by the services.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from apps.agreements.models import Agreement, AgreementParty, AgreementVersion
from apps.agreements.terms import Named, Terms
from apps.applications.models import Application
from apps.bases.models import Base, Intake, Position
from apps.organizations.models import Membership, Organization, Role
from apps.placements.models import Placement
from apps.universities.services import programme_create, student_profile_set

from .agreements import make_in_force
from .organizations import SYSTEM, make_enterprise, make_member, make_university

_number = count(1)


@dataclass
class World:
    """A university and an enterprise with an agreement in force, a base, an open intake with one position, and people."""

    university: Organization
    enterprise: Organization
    school: Membership
    """coordinator of the university"""
    firm: Membership
    """coordinator of the enterprise"""
    academic_tutor: Membership
    enterprise_tutor: Membership
    student: Membership
    agreement: Agreement
    base: Base
    intake: Intake
    position: Position


def make_world(*, places: int = 10, selection: str = Intake.Selection.REVIEWED) -> World:
    university, enterprise = make_university(), make_enterprise()
    school, firm = make_member(university), make_member(enterprise)
    agreement = make_in_force(school, firm)
    base = make_base(agreement, enterprise)
    intake = make_intake(base, selection=selection)
    return World(
        university=university,
        enterprise=enterprise,
        school=school,
        firm=firm,
        academic_tutor=make_member(university, Role.TUTOR),
        enterprise_tutor=make_member(enterprise, Role.TUTOR),
        student=make_student(university),
        agreement=agreement,
        base=base,
        intake=intake,
        position=make_position(intake, places=places),
    )


def make_student(university: Organization) -> Membership:
    student = make_member(university, Role.STUDENT)
    programme = programme_create(SYSTEM, university_id=university.pk, name="Mechatronics")
    student_profile_set(
        SYSTEM,
        membership_id=student.pk,
        student_number=f"S{next(_number):08d}",
        programme_id=programme.pk,
        entry_year=2024,
    )
    return student


def make_base(agreement: Agreement, host: Organization, **values: Any) -> Base:
    number = next(_number)
    return Base.objects.create(
        **{
            "agreement": agreement,
            "host": host,
            "kind": Base.Kind.OFF_CAMPUS,
            "name": f"基地{number}",
            "name_en": f"Base {number}",
            "region_id": host.region_id,
            "address": "1 Harbour Road",
        }
        | values
    )


def make_intake(base: Base, **values: Any) -> Intake:
    """An open intake."""
    today = timezone.localdate()
    return Intake.objects.create(
        **{
            "base": base,
            "title": f"Spring intake {next(_number)}",
            "closes_on": today + timedelta(days=20),
            "starts_on": today - timedelta(days=10),
            "ends_on": today + timedelta(days=90),
            "state": Intake.State.OPEN,
            "opened_at": timezone.now(),
        }
        | values
    )


def make_position(intake: Intake, **values: Any) -> Position:
    return Position.objects.create(
        **{"intake": intake, "title": f"Line technician {next(_number)}", "tasks": "Maintain the line", "places": 10}
        | values
    )


def make_application(world: World, student: Membership | None = None, **values: Any) -> Application:
    """A submitted application; with ``state="accepted"`` one that has taken its place."""
    student = student or make_student(world.university)
    state = values.get("state", Application.State.SUBMITTED)
    if state == Application.State.ACCEPTED:
        world.position.taken += 1
        world.position.save()
    decided = None if state == Application.State.SUBMITTED else timezone.now()
    return Application.objects.create(
        **{
            "position": world.position,
            "intake": world.intake,
            "host": world.enterprise,
            "university": world.university,
            "student": student,
            "statement": "I want to learn how the line works.",
            "decided_at": decided,
        }
        | values
    )


def make_placement(world: World, student: Membership | None = None, **values: Any) -> Placement:
    """An active placement with both tutors, under a tri-party agreement in force."""
    application = make_application(world, student or make_student(world.university), state=Application.State.ACCEPTED)
    if "agreement" not in values:
        values["agreement"] = make_tri_party(world, application.student)
    return Placement.objects.create(
        **{
            "application": application,
            "student": application.student,
            "university": world.university,
            "host": world.enterprise,
            "base": world.base,
            "position": world.position,
            "academic_tutor": world.academic_tutor,
            "enterprise_tutor": world.enterprise_tutor,
            "starts_on": world.intake.starts_on,
            "ends_on": world.intake.ends_on,
            "state": Placement.State.ACTIVE,
            "started_at": timezone.now(),
        }
        | values
    )


def make_tri_party(world: World, student: Membership, **values: Any) -> Agreement:
    """A tri-party agreement in force for the days of the intake, without the signatures that brought it there."""
    agreement = Agreement.objects.create(
        **{
            "title": f"Placement of {student.user.name}",
            "mode_id": "placement",
            "framework": world.agreement,
            "starts_on": world.intake.starts_on,
            "ends_on": world.intake.ends_on,
            "drafted_by": world.university,
            "state": Agreement.State.IN_FORCE,
            "in_force_at": timezone.now(),
        }
        | values
    )
    seen = {"agreement": agreement, "shown_at": timezone.now(), "joined_at": timezone.now()}
    parties = [AgreementParty.objects.create(**seen, organization=one) for one in (world.university, world.enterprise)]
    parties.append(AgreementParty.objects.create(**seen, student=student))
    named = tuple(Named(party.pk, "", str(party)) for party in parties)
    AgreementVersion.objects.create(
        agreement=agreement,
        state=AgreementVersion.State.IN_FORCE,
        terms=Terms(agreement.title, agreement.starts_on, agreement.ends_on, named).dump(),
        drafted_by=world.university,
        sign_until=agreement.starts_on,
        submitted_at=agreement.in_force_at,
        in_force_at=agreement.in_force_at,
    )
    return agreement
