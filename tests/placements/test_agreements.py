from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import Agreement, AgreementVersion, Obligation, SigningLink
from apps.agreements.services import (
    agreement_recall,
    agreement_refuse,
    agreement_sign,
    agreement_submit,
    agreement_terminate,
    agreements_end_due,
)
from apps.applications.models import Application
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.organizations.models import Membership, Role
from apps.placements.models import Placement
from apps.placements.services import (
    placement_agreement_draft,
    placement_agreements_ask,
    placement_break_off,
    placement_start,
)
from apps.privacy.models import LegalGuardian
from tests.factories.agreements import open_version, shown_hash
from tests.factories.chain import World, make_application, make_placement, make_student, make_world
from tests.factories.organizations import actor_as, make_member, make_university

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def world() -> World:
    return make_world()


def prepared(world: World, student: Membership | None = None, **values: Any) -> Placement:
    values = {"state": Placement.State.PREPARING, "started_at": None, "agreement": None} | values
    return make_placement(world, student, **values)


def make_minor(student: Membership, *, guardian: bool = True) -> None:
    """Sixteen years old, with a guardian when there is one."""
    birth_date = date(TODAY.year - 16, 1, 1)
    User.objects.filter(pk=student.user_id).update(birth_date=birth_date)
    if guardian:
        LegalGuardian.objects.create(
            person=student.user,
            name="Guardian Wang",
            relation="mother",
            phone=b"x",
            email=f"guardian{student.pk}@example.org",
            registered_by=student.user,
        )


def draft(world: World, placement: Placement, **values: Any) -> Agreement:
    return placement_agreement_draft(actor_as(world.school), placement_id=placement.pk, **values)


def sign(agreement: Agreement, member: Membership) -> None:
    actor = actor_as(member)
    agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown_hash(agreement, actor))


def make_all(world: World, **values: Any) -> JobRun:
    return run_here(placement_agreements_ask(actor_as(world.school), intake_id=world.intake.pk, **values))


def test_draft_is_filled_from_the_placement(world: World) -> None:
    placement = prepared(world, world.student)
    agreement = draft(world, placement)
    terms = open_version(agreement).said
    assert (agreement.mode_id, agreement.framework) == ("placement", world.agreement)
    assert {str(row) for row in agreement.parties.all()} == {
        str(world.university),
        str(world.enterprise),
        world.student.user.name,
    }
    assert (terms.starts_on, terms.ends_on) == (
        TODAY,
        placement.ends_on,
    )  # it began ten days ago: nothing is dated back
    scope = next(clause.text for clause in terms.clauses if clause.key == "scope")
    for part in (world.base.address, world.position.title, world.academic_tutor.user.name):
        assert part in scope
    owing = {duty.kind: duty.party for duty in terms.duties}
    party = {row.organization_id: row.pk for row in agreement.parties.all()}
    assert owing == {"places": party[world.enterprise.pk], "other": party[world.university.pk]}
    placement.refresh_from_db()
    assert placement.agreement == agreement


def test_draft_begins_with_the_placement_or_when_it_is_said(world: World) -> None:
    later = TODAY + timedelta(days=14)
    assert draft(world, prepared(world, starts_on=later)).starts_on == later
    assert draft(world, prepared(world), not_before=TODAY + timedelta(days=3)).starts_on == TODAY + timedelta(days=3)


def test_braces_in_a_task_are_no_blank(world: World) -> None:
    world.position.tasks = "Set {parties} and {this}"
    world.position.save()
    agreement_submit(actor_as(world.school), agreement_id=draft(world, prepared(world)).pk)


def test_draft_twice_is_one_and_after_a_refusal_another(world: World) -> None:
    placement = prepared(world, world.student)
    first = draft(world, placement)
    assert draft(world, placement) == first
    agreement_submit(actor_as(world.school), agreement_id=first.pk)
    agreement_refuse(actor_as(world.student), agreement_id=first.pk, reason="The hours are too long")
    second = draft(world, placement)
    assert second != first
    placement.refresh_from_db()
    assert placement.agreement == second


def test_draft_by_the_host_is_not_allowed_and_by_strangers_not_found(world: World) -> None:
    placement = prepared(world)
    with pytest.raises(NotAllowed):
        placement_agreement_draft(actor_as(world.firm), placement_id=placement.pk)
    with pytest.raises(NotAllowed):
        placement_agreement_draft(actor_as(world.academic_tutor), placement_id=placement.pk)
    with pytest.raises(NotFound):
        placement_agreement_draft(actor_as(make_member(make_university())), placement_id=placement.pk)
    assert not Agreement.objects.filter(mode="placement").exists()


def test_draft_for_a_placement_that_was_broken_off_is_refused(world: World) -> None:
    placement = prepared(world)
    placement_break_off(actor_as(world.school), placement_id=placement.pk, reason="The student is ill")
    with pytest.raises(WrongState):
        draft(world, placement)


def test_signed_in_turn_the_placement_starts_and_the_duties_are_owed(world: World) -> None:
    placement = prepared(world, world.student)
    agreement = draft(world, placement)
    agreement_submit(actor_as(world.school), agreement_id=agreement.pk)
    with pytest.raises(WrongState, match="not signed by all"):
        placement_start(actor_as(world.school), placement_id=placement.pk)
    with pytest.raises(WrongState, match="Others sign first"):
        sign(agreement, world.school)
    for member in (world.student, world.firm, world.school):
        sign(agreement, member)
    assert placement_start(actor_as(world.school), placement_id=placement.pk).state == Placement.State.ACTIVE
    assert Obligation.objects.filter(agreement=agreement).count() == 2


def test_a_minor_signs_with_the_guardian_by_link(world: World) -> None:
    make_minor(world.student)
    agreement = draft(world, prepared(world, world.student))
    agreement_submit(actor_as(world.school), agreement_id=agreement.pk)
    sign(agreement, world.student)
    guardian = next(one for one in open_version(agreement).waiting())
    assert (guardian.capacity, guardian.name) == ("guardian", "Guardian Wang")
    assert SigningLink.objects.filter(signer=guardian).count() == 1
    with pytest.raises(WrongState, match="Others sign first"):
        sign(agreement, world.firm)


def test_bulk_makes_and_submits_what_it_can_and_lists_the_rest(world: World) -> None:
    grown, minor, alone = (make_student(world.university) for _one in range(3))
    make_minor(minor)
    make_minor(alone, guardian=False)
    done = [prepared(world, student) for student in (grown, minor)]
    without_guardian = prepared(world, alone)
    unarranged = make_application(world, state=Application.State.ACCEPTED)
    job = make_all(world)
    assert job.state == JobRun.State.DONE, job.message
    assert (job.summary["made"], job.summary["present"], job.summary["skipped"]) == (2, 0, 2)
    assert [row[:2] for row in job.summary["problems"]] == [
        (without_guardian.pk, alone.user.name),
        (unarranged.pk, unarranged.student.user.name),
    ]
    assert "guardian" in job.summary["problems"][0][2]
    assert job.result
    for placement in done:
        placement.refresh_from_db()
        assert placement.agreement is not None
        assert placement.agreement.state == Agreement.State.AWAITING_SIGNATURES
    without_guardian.refresh_from_db()
    assert without_guardian.agreement is None
    assert Agreement.objects.filter(mode="placement").count() == 2


def test_bulk_again_makes_nothing_anew_and_takes_up_what_was_missing(world: World) -> None:
    alone = make_student(world.university)
    make_minor(alone, guardian=False)
    drafted = prepared(world)
    prepared(world, alone)
    draft(world, drafted)
    assert make_all(world).summary["made"] == 1
    LegalGuardian.objects.create(
        person=alone.user, name="Li", relation="father", phone=b"x", email="li@example.org", registered_by=alone.user
    )
    again = make_all(world)
    assert (again.summary["made"], again.summary["present"], again.summary["skipped"]) == (1, 1, 0)
    assert make_all(world).summary["made"] == 0
    assert Agreement.objects.filter(mode="placement").count() == 2
    assert AgreementVersion.objects.filter(agreement__mode="placement").count() == 2


def test_bulk_leaves_the_students_of_other_universities_alone(world: World) -> None:
    prepared(world)
    other = make_world()
    foreign = prepared(other)
    Placement.objects.filter(pk=foreign.pk).update(base=world.base)
    make_all(world)
    foreign.refresh_from_db()
    assert foreign.agreement is None


def test_bulk_is_asked_once_while_it_is_at_work_and_needs_placements(world: World) -> None:
    with pytest.raises(WrongState):
        placement_agreements_ask(actor_as(world.school), intake_id=world.intake.pk)
    prepared(world)
    first = placement_agreements_ask(actor_as(world.school), intake_id=world.intake.pk)
    assert placement_agreements_ask(actor_as(world.school), intake_id=world.intake.pk) == first
    with pytest.raises(NotAllowed):
        placement_agreements_ask(actor_as(world.academic_tutor), intake_id=world.intake.pk)
    with pytest.raises(NotFound):
        placement_agreements_ask(actor_as(make_member(make_university())), intake_id=world.intake.pk)


def test_bulk_by_who_has_left_changes_nothing(world: World) -> None:
    prepared(world)
    job = placement_agreements_ask(actor_as(world.school), intake_id=world.intake.pk)
    Membership.objects.filter(pk=world.school.pk).update(role=Role.TUTOR)
    assert run_here(job).state == JobRun.State.FAILED
    assert not Agreement.objects.filter(mode="placement").exists()


def test_bulk_under_an_agreement_that_has_ended_says_so_for_each(world: World) -> None:
    prepared(world)
    agreement_terminate(actor_as(world.school), agreement_id=world.agreement.pk, cause="breach", reason="Over")
    job = make_all(world)
    assert job.summary["made"] == 0
    assert "has ended" in job.summary["problems"][0][2]


def test_an_agreement_that_was_taken_back_is_submitted_anew_by_the_bulk(world: World) -> None:
    placement = prepared(world)
    make_all(world)
    placement.refresh_from_db()
    assert placement.agreement is not None
    agreement_recall(actor_as(world.school), agreement_id=placement.agreement.pk, reason="A typo")
    assert make_all(world).summary["made"] == 1
    placement.refresh_from_db()
    assert placement.agreement.state == Agreement.State.AWAITING_SIGNATURES


def test_after_the_agreement_has_run_out_another_is_made(world: World) -> None:
    placement = prepared(world, world.student)
    agreement = draft(world, placement)
    agreement_submit(actor_as(world.school), agreement_id=agreement.pk)
    for member in (world.student, world.firm, world.school):
        sign(agreement, member)
    Agreement.objects.filter(pk=agreement.pk).update(ends_on=TODAY + timedelta(days=31))
    Placement.objects.filter(pk=placement.pk).update(ends_on=TODAY + timedelta(days=90))
    agreements_end_due(actor_as(world.school), today=TODAY + timedelta(days=32))
    assert draft(world, placement) != agreement
