from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Role
from apps.placements.models import Journal, JournalAnswer, Placement
from apps.placements.services import journal_answer, journal_submit
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import actor_as, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


def this_monday() -> date:
    today = timezone.localdate()
    return today - timedelta(days=today.weekday())


def write(by: Membership, placement: Placement, **values: Any) -> Journal:
    data = {"week_of": this_monday(), "work_done": "Fitted sensors", "learnt": "Reading plans", "reflection": ""}
    return journal_submit(actor_as(by), placement_id=placement.pk, **data | values)


def told(kind: str) -> int:
    return OutboxMessage.objects.filter(payload__kind=kind).count()


def test_submit_by_the_student_tells_the_tutors(world: World, placement: Placement) -> None:
    journal = write(world.student, placement, reflection="Ask earlier")
    assert Journal.objects.get() == journal
    assert told("journal_submitted") == 1


def test_submit_twice_makes_one_journal(world: World, placement: Placement) -> None:
    assert write(world.student, placement) == write(world.student, placement)
    assert told("journal_submitted") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("week_of", this_monday() + timedelta(days=1)),
        ("week_of", this_monday() + timedelta(days=7)),
        ("week_of", this_monday() - timedelta(days=70)),
        ("work_done", ""),
        ("learnt", "x" * 4001),
    ],
)
def test_submit_with_bad_value_says_so_by_field_and_writes_nothing(
    field: str, value: Any, world: World, placement: Placement
) -> None:
    with pytest.raises(ValidationError) as refusal:
        write(world.student, placement, **{field: value})
    assert set(refusal.value.message_dict) == {field}
    assert not Journal.objects.exists()
    assert told("journal_submitted") == 0


def test_submit_of_a_written_week_with_other_text_is_refused(world: World, placement: Placement) -> None:
    write(world.student, placement)
    with pytest.raises(ValidationError) as refusal:
        write(world.student, placement, learnt="Something else")
    assert set(refusal.value.message_dict) == {"week_of"}
    assert Journal.objects.get().learnt == "Reading plans"


@pytest.mark.parametrize("who", ["academic_tutor", "enterprise_tutor", "school", "firm"])
def test_submit_by_anybody_but_the_student_is_not_allowed(who: str, world: World, placement: Placement) -> None:
    with pytest.raises(NotAllowed):
        write(getattr(world, who), placement)
    assert not Journal.objects.exists()


def test_submit_for_another_student_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        write(world.student, make_placement(world))


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (Placement.State.PREPARING, False),
        (Placement.State.ACTIVE, True),
        (Placement.State.COMPLETED, True),
        (Placement.State.BROKEN_OFF, False),
    ],
)
def test_submit_is_possible_from_the_start_on(state: str, possible: bool, world: World) -> None:
    placement = make_placement(world, world.student, state=state, reason="x")
    if possible:
        write(world.student, placement)
    else:
        with pytest.raises(WrongState):
            write(world.student, placement)
    assert Journal.objects.exists() is possible


def test_answer_by_both_tutors_tells_the_student_each_time(world: World, placement: Placement) -> None:
    journal = write(world.student, placement)
    for tutor in (world.academic_tutor, world.enterprise_tutor):
        for _time in range(2):
            journal_answer(actor_as(tutor), journal_id=journal.pk, text="Well done")
    assert JournalAnswer.objects.count() == 2
    assert told("journal_answered") == 2
    assert not Journal.objects.unanswered().exists()


def test_answer_with_other_text_after_an_answer_is_refused(world: World, placement: Placement) -> None:
    journal = write(world.student, placement)
    journal_answer(actor_as(world.academic_tutor), journal_id=journal.pk, text="Well done")
    with pytest.raises(ValidationError) as refusal:
        journal_answer(actor_as(world.academic_tutor), journal_id=journal.pk, text="Not so well")
    assert set(refusal.value.message_dict) == {"text"}
    assert JournalAnswer.objects.get().text == "Well done"


def test_answer_without_text_is_refused(world: World, placement: Placement) -> None:
    journal = write(world.student, placement)
    with pytest.raises(ValidationError):
        journal_answer(actor_as(world.academic_tutor), journal_id=journal.pk, text="")
    assert not JournalAnswer.objects.exists()


def test_answer_by_others_is_refused(world: World, placement: Placement) -> None:
    journal = write(world.student, placement)
    for who in (world.student, world.school, world.firm):
        with pytest.raises(NotAllowed):
            journal_answer(actor_as(who), journal_id=journal.pk, text="Hm")
    with pytest.raises(NotFound):
        journal_answer(actor_as(make_member(world.university, Role.TUTOR)), journal_id=journal.pk, text="Hm")
    assert not JournalAnswer.objects.exists()
