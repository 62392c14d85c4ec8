from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from apps.notifications.kinds import kind_of, render_text
from apps.organizations.models import Membership, Role
from apps.placements.models import Journal, JournalAnswer, Placement
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """With bystanders who must not be told."""
    world = make_world()
    for organization in (world.university, world.enterprise):
        make_member(organization, Role.OBSERVER)
        make_member(organization, Role.TUTOR)
    make_placement(make_world())
    return world


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


@pytest.mark.parametrize(
    ("kind", "people"),
    [
        ("placement_arranged", ["firm", "student"]),
        ("enterprise_tutor_named", ["enterprise_tutor", "academic_tutor"]),
        ("placement_started", ["student", "enterprise_tutor", "academic_tutor"]),
        ("placement_broken_off", ["student", "enterprise_tutor", "academic_tutor", "school", "firm"]),
    ],
)
def test_recipients_are_exactly_those_concerned(
    kind: str, people: list[str], world: World, placement: Placement
) -> None:
    told = set(kind_of(kind).recipients({"placement": placement.pk}))
    assert told == {getattr(world, who).user for who in people}


def test_recipients_leave_out_a_tutor_who_has_left(world: World, placement: Placement) -> None:
    Membership.objects.filter(pk=world.academic_tutor.pk).update(ended_at=timezone.now())
    told = set(kind_of("enterprise_tutor_named").recipients({"placement": placement.pk}))
    assert told == {world.enterprise_tutor.user}


def test_recipients_without_enterprise_tutor_are_the_others(world: World) -> None:
    placement = make_placement(world, world.student, enterprise_tutor=None, state=Placement.State.PREPARING)
    told = set(kind_of("placement_broken_off").recipients({"placement": placement.pk}))
    assert told == {who.user for who in (world.student, world.academic_tutor, world.school, world.firm)}


def test_journal_goes_to_the_tutors_and_its_answer_to_the_student(world: World, placement: Placement) -> None:
    journal = Journal.objects.create(placement=placement, week_of=date(2024, 1, 1), work_done="a", learnt="b")
    answer = JournalAnswer.objects.create(journal=journal, tutor=world.academic_tutor, text="c")
    submitted, answered = kind_of("journal_submitted"), kind_of("journal_answered")
    assert set(submitted.recipients({"journal": journal.pk})) == {
        world.academic_tutor.user,
        world.enterprise_tutor.user,
    }
    assert set(answered.recipients({"answer": answer.pk})) == {world.student.user}
    params = answered.params({"answer": answer.pk})
    assert params["url"] == f"/journals/{journal.pk}/"
    text = render_text("journal_answered", params)
    assert text == f"{world.academic_tutor.user.name} answered the journal of the week of 2024-01-01."
    assert world.student.user.name in render_text("journal_submitted", submitted.params({"journal": journal.pk}))


@pytest.mark.parametrize(
    "kind", ["placement_arranged", "enterprise_tutor_named", "placement_started", "placement_broken_off"]
)
def test_text_names_student_and_base_and_leads_to_the_placement(kind: str, placement: Placement) -> None:
    params = kind_of(kind).params({"placement": placement.pk})
    text = render_text(kind, params)
    assert placement.student.user.name in text
    assert placement.base.name in text
    assert params["url"] == f"/placements/{placement.pk}/"
