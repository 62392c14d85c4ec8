"""A student about whom every model of the portal holds something, each text a canary of its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.mail import queue_mail
from apps.accounts.models import User
from apps.agreements.models import Signer, SigningLink
from apps.applications.models import Application
from apps.evaluations.models import Evaluation, PlacementResult, Score
from apps.jobs.outbox import outbox_relay
from apps.notifications.services import notify
from apps.organizations.models import Invitation, Registration
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog, Relocation
from apps.privacy.models import ConsentText, Purpose
from apps.privacy.services import consent_give, consent_withdraw, disclosure_record, guardian_register
from tests.factories.chain import World, make_application, make_intake, make_placement, make_student, make_world
from tests.factories.evaluations import close_round, make_round, make_submitted_sheet
from tests.factories.organizations import actor_as

KEPT = "KEPTCANARY"
"""In what stays by law until its period is over."""
GONE = "GONECANARY"
"""In what erasure takes away."""
IDENTITY = "11010519491231002X"


def full_student() -> tuple[World, User]:
    """An active placement behind them that is completed, and an application that came to nothing."""
    world = make_world()
    student = make_student(world.university)
    person = student.user
    _name(person)
    student.student.student_number = f"{GONE}-number"
    student.student.seal_identity("resident", IDENTITY)
    student.student.save()
    placement = _placement(world, student)
    _contract(placement)
    _evaluations(world, placement)
    make_application(
        world,
        student,
        intake=make_intake(world.base),
        state=Application.State.REJECTED,
        statement=f"{GONE} statement",
        reason=f"{GONE} rejected",
    )
    _own(world, person)
    _sign_in(person)
    with transaction.atomic():
        notify("application_submitted", key="canary", application=placement.application_id)
    outbox_relay()
    return world, User.objects.get(pk=person.pk)


def _name(person: User) -> None:
    person.name = f"{GONE} name"
    person.email = f"{GONE.lower()}@example.org"
    person.birth_date = timezone.localdate().replace(day=1) - timedelta(days=16 * 366)
    person.save()
    person.emailaddress_set.update(email=person.email)


def _placement(world: World, student: Any) -> Placement:
    placement = make_placement(world, student)
    Application.objects.filter(pk=placement.application_id).update(statement=f"{KEPT} statement")
    placement.logs.add(
        ProgressLog(
            tutor=world.enterprise_tutor,
            worked_on=timezone.localdate() - timedelta(days=2),
            hours=Decimal("7.50"),
            tasks=f"{KEPT} tasks",
            note=f"{KEPT} note",
            rating=4,
        ),
        bulk=False,
    )
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7)
    journal = Journal.objects.create(
        placement=placement,
        week_of=monday,
        work_done=f"{KEPT} work",
        learnt=f"{KEPT} learnt",
        reflection=f"{KEPT} reflection",
    )
    JournalAnswer.objects.create(journal=journal, tutor=world.academic_tutor, text=f"{KEPT} answer")
    return placement


def _contract(placement: Placement) -> None:
    """Who signs the agreement of the placement: the student, and a guardian by a link."""
    assert placement.agreement is not None
    version, party = placement.agreement.versions.get(), placement.agreement.parties.get(student=placement.student)
    Signer.objects.create(version=version, party=party, capacity="student", membership=placement.student)
    guardian = Signer.objects.create(
        version=version, party=party, capacity="guardian", name=f"{KEPT} guardian", email="guardian@example.org"
    )
    SigningLink.objects.create(signer=guardian, digest="e" * 64, content_hash="0" * 64, expires_at=timezone.now())
    Relocation.objects.create(
        agreement=placement.base.agreement,
        application=placement.application,
        student=placement.student,
        university=placement.university,
        host=placement.host,
        settled_at=timezone.now(),
        reason=f"{KEPT} moved",
    )


def _evaluations(world: World, placement: Placement) -> None:
    current = make_round(world)
    for sheet in current.evaluations.filter(placement=placement):
        make_submitted_sheet(sheet, 80, 70, 60, comment=f"{KEPT} comment {sheet.side}")
    close_round(current)
    assert Score.objects.exists()
    assert Evaluation.objects.exists()
    assert PlacementResult.objects.exists()
    Placement.objects.filter(pk=placement.pk).update(
        state=Placement.State.BROKEN_OFF, ended_at=timezone.now(), reason=f"{KEPT} broken off"
    )


def _own(world: World, person: User) -> None:
    actor = actor_as(person.memberships.get())
    for purpose in Purpose.optional():
        consent_give(actor, text_id=ConsentText.objects.get(purpose=purpose, superseded_at=None).pk)
    consent_withdraw(actor, consent_id=person.consents.get(text__purpose=Purpose.PHOTO).pk)
    guardian_register(
        actor,
        person_id=person.pk,
        name=f"{GONE} guardian",
        relation="mother",
        phone="+86 139 0000 7777",
        email=f"{GONE.lower()}-guardian@example.org",
    )
    disclosure_record(actor_as(world.school), subject_id=person.pk, what="identity number", reason=f"{KEPT} reason")
    Registration.objects.create(
        applicant=person,
        kind="enterprise",
        code="91320506MA7DEM1A2T",
        name="Harbour Works Ltd",
        evidence=ContentFile(f"{GONE} certificate".encode(), name="certificate.pdf"),
        evidence_name=f"{GONE}.pdf",
        note=f"{GONE} remark",
    )
    Invitation.objects.create(
        organization=world.university,
        email=person.email,
        name=person.name,
        role="student",
        title=f"{GONE} title",
        digest="d" * 64,
        expires_at=timezone.now(),
    )
    queue_mail(to=person.email, subject=f"{GONE} subject", body=f"{GONE} body")


def _sign_in(person: User) -> None:
    UserSession.objects.create(user=person, ip="10.9.8.7", session_key="k" * 32, user_agent=f"{GONE} browser")
    SocialAccount.objects.create(user=person, provider="openid_connect", uid=f"{GONE}-uid", extra_data={"n": GONE})
    Authenticator.objects.create(user=person, type="totp", data={"secret": f"{GONE} secret"})


def birthday(years: int, days: int = 0, *, today: date | None = None) -> date:
    """The birth date of somebody who turns ``years`` in ``days`` days."""
    day = (today or timezone.localdate()) + timedelta(days=days)
    return day.replace(year=day.year - years)
