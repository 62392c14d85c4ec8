from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Role
from apps.placements.models import Placement, ProgressLog
from apps.placements.services import progress_log_record, progress_log_revise
from tests.factories.chain import World, make_placement, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


def log_values(**values: Any) -> dict[str, Any]:
    return {
        "worked_on": timezone.localdate(),
        "hours": Decimal(8),
        "tasks": "Aligned the conveyor",
        "rating": 4,
        "note": "",
    } | values


def record(by: Membership, placement: Placement, **values: Any) -> ProgressLog:
    return progress_log_record(actor_as(by), placement_id=placement.pk, **log_values(**values))


def revise(by: Membership, log: ProgressLog, version: int | None, **values: Any) -> ProgressLog:
    data = log_values(**values)
    del data["worked_on"]
    return progress_log_revise(actor_as(by), log_id=log.pk, expected_version=version, **data)


def test_record_stores_the_day_and_tells_nobody(world: World, placement: Placement) -> None:
    told = OutboxMessage.objects.count()
    log = record(world.enterprise_tutor, placement, note="Careful")
    stored = ProgressLog.objects.get(pk=log.pk)
    assert (stored.hours, stored.tasks, stored.rating, stored.note) == (8, "Aligned the conveyor", 4, "Careful")
    assert (stored.tutor, stored.version, stored.created_at) == (world.enterprise_tutor, 1, log.created_at)
    assert OutboxMessage.objects.count() == told


def test_record_costs_one_read_and_one_write(
    world: World, placement: Placement, django_assert_num_queries: Any
) -> None:
    actor = actor_as(world.enterprise_tutor)
    with django_assert_num_queries(4):  # two of them are the savepoint that stands for BEGIN and COMMIT here
        progress_log_record(actor, placement_id=placement.pk, **log_values())


def test_record_twice_returns_the_first(world: World, placement: Placement) -> None:
    assert record(world.enterprise_tutor, placement) == record(world.enterprise_tutor, placement)
    assert ProgressLog.objects.count() == 1


def test_record_of_a_logged_day_with_other_values_is_refused_next_to_the_day(
    world: World, placement: Placement
) -> None:
    record(world.enterprise_tutor, placement)
    with pytest.raises(ValidationError) as refusal:
        record(world.enterprise_tutor, placement, rating=1)
    assert set(refusal.value.message_dict) == {"worked_on"}
    assert ProgressLog.objects.get().rating == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hours", Decimal(0)),
        ("hours", Decimal("24.5")),
        ("hours", Decimal("1.234")),
        ("tasks", ""),
        ("tasks", "x" * 501),
        ("rating", 0),
        ("rating", 6),
        ("note", "x" * 2001),
        ("worked_on", date(2999, 1, 1)),
        ("worked_on", date(2001, 1, 1)),
    ],
)
def test_record_with_bad_value_says_so_by_field_and_writes_nothing(
    field: str, value: Any, world: World, placement: Placement
) -> None:
    with pytest.raises(ValidationError) as refusal:
        record(world.enterprise_tutor, placement, **{field: value})
    assert set(refusal.value.message_dict) == {field}
    assert not ProgressLog.objects.exists()


@pytest.mark.parametrize("who", ["student", "academic_tutor", "school", "firm"])
def test_record_by_anybody_but_the_enterprise_tutor_is_not_allowed(
    who: str, world: World, placement: Placement
) -> None:
    with pytest.raises(NotAllowed):
        record(getattr(world, who), placement)
    assert not ProgressLog.objects.exists()


def test_record_by_another_tutor_or_stranger_is_not_found(world: World, placement: Placement) -> None:
    for stranger in (make_member(world.enterprise, Role.TUTOR), make_member(make_enterprise(), Role.TUTOR)):
        with pytest.raises(NotFound):
            record(stranger, placement)
    assert not ProgressLog.objects.exists()


@pytest.mark.parametrize("state", [Placement.State.PREPARING, Placement.State.COMPLETED])
def test_record_of_a_placement_not_active_is_refused(state: str, world: World) -> None:
    with pytest.raises(WrongState):
        record(world.enterprise_tutor, make_placement(world, state=state))
    assert not ProgressLog.objects.exists()


def test_revise_changes_the_entry_and_its_version(world: World, placement: Placement) -> None:
    log = record(world.enterprise_tutor, placement)
    revise(world.enterprise_tutor, log, 1, hours=Decimal("6.5"), rating=5)
    log.refresh_from_db()
    assert (log.hours, log.rating, log.version) == (Decimal("6.50"), 5, 2)


def test_revise_over_an_unseen_change_is_refused_and_keeps_it(world: World, placement: Placement) -> None:
    log = record(world.enterprise_tutor, placement)
    revise(world.enterprise_tutor, log, 1, rating=5)
    with pytest.raises(WrongState):
        revise(world.enterprise_tutor, log, 1, rating=2)
    log.refresh_from_db()
    assert (log.rating, log.version) == (5, 2)


def test_revise_repeated_changes_nothing_more(world: World, placement: Placement) -> None:
    log = record(world.enterprise_tutor, placement)
    for _time in range(2):
        revise(world.enterprise_tutor, log, 1, rating=5)
    log.refresh_from_db()
    assert log.version == 2


def test_revise_by_others_is_refused(world: World, placement: Placement) -> None:
    log = record(world.enterprise_tutor, placement)
    with pytest.raises(NotAllowed):
        revise(world.student, log, 1, rating=5)
    with pytest.raises(NotFound):
        revise(make_member(world.enterprise, Role.TUTOR), log, 1, rating=5)
    log.refresh_from_db()
    assert log.rating == 4


@pytest.mark.parametrize(("field", "value"), [("hours", Decimal(25)), ("tasks", ""), ("rating", 9)])
def test_revise_with_bad_value_changes_nothing(field: str, value: Any, world: World, placement: Placement) -> None:
    log = record(world.enterprise_tutor, placement)
    with pytest.raises(ValidationError) as refusal:
        revise(world.enterprise_tutor, log, 1, **{field: value})
    assert set(refusal.value.message_dict) == {field}
    log.refresh_from_db()
    assert log.version == 1


def test_logs_follow_the_visibility_of_their_placement(world: World, placement: Placement) -> None:
    own = record(world.enterprise_tutor, placement)
    other = make_world()
    record(other.enterprise_tutor, make_placement(other))
    for who in (world.student, world.academic_tutor, world.enterprise_tutor, world.school, world.firm):
        assert ProgressLog.objects.visible_to(actor_as(who)).get() == own
    assert not ProgressLog.objects.visible_to(actor_as(make_member(world.university, Role.TUTOR))).exists()


def test_record_of_the_first_and_last_day_of_the_placement_is_possible(world: World) -> None:
    today = timezone.localdate()
    placement = make_placement(world, starts_on=today - timedelta(days=2), ends_on=today)
    for day in (placement.starts_on, placement.ends_on):
        record(world.enterprise_tutor, placement, worked_on=day)
    assert ProgressLog.objects.count() == 2
