from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_suspend, agreement_terminate
from apps.applications.models import Application
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Role
from apps.organizations.services import membership_end
from apps.placements.models import Placement
from apps.placements.services import (
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_enterprise_tutor,
    placement_start,
)
from tests.factories.chain import World, make_application, make_placement, make_world
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def arrange(world: World, **values: Any) -> Placement:
    application = values.pop("application", None) or make_application(
        world, world.student, state=Application.State.ACCEPTED
    )
    return placement_arrange(
        actor_as(values.pop("by", world.school)),
        application_id=application.pk,
        **{"academic_tutor_id": world.academic_tutor.pk} | values,
    )


def prepared(world: World, **values: Any) -> Placement:
    values = {"state": Placement.State.PREPARING, "started_at": None} | values
    return make_placement(world, world.student, **values)


def told(kind: str) -> int:
    return OutboxMessage.objects.filter(payload__kind=kind).count()


def test_arrange_takes_everything_from_the_application(world: World) -> None:
    placement = arrange(world)
    assert placement.state == Placement.State.PREPARING
    assert (placement.student, placement.university, placement.host) == (
        world.student,
        world.university,
        world.enterprise,
    )
    assert (placement.base, placement.position) == (world.base, world.position)
    assert (placement.starts_on, placement.ends_on) == (world.intake.starts_on, world.intake.ends_on)
    assert placement.enterprise_tutor is None
    assert told("placement_arranged") == 1


def test_arrange_twice_makes_one_placement_and_tells_once(world: World) -> None:
    application = make_application(world, world.student, state=Application.State.ACCEPTED)
    assert arrange(world, application=application) == arrange(world, application=application)
    assert Placement.objects.count() == 1
    assert told("placement_arranged") == 1


def test_arrange_for_application_not_accepted_is_refused(world: World) -> None:
    with pytest.raises(WrongState):
        arrange(world, application=make_application(world, world.student))
    assert not Placement.objects.exists()


def test_arrange_by_host_is_not_allowed_and_by_stranger_not_found(world: World) -> None:
    with pytest.raises(NotAllowed):
        arrange(world, by=world.firm)
    application = Application.objects.get()
    with pytest.raises(NotFound):
        arrange(world, by=make_member(make_enterprise()), application=application)
    assert not Placement.objects.exists()


@pytest.mark.parametrize("who", ["coordinator", "other organization", "ended"])
def test_arrange_with_somebody_who_is_no_tutor_says_so_next_to_the_tutor(who: str, world: World) -> None:
    ended = make_member(world.university, Role.TUTOR)
    membership_end(SYSTEM, membership_id=ended.pk)
    tutor = {"coordinator": world.school, "other organization": world.enterprise_tutor, "ended": ended}[who]
    with pytest.raises(ValidationError) as refusal:
        arrange(world, academic_tutor_id=tutor.pk)
    assert set(refusal.value.message_dict) == {"academic_tutor"}
    assert not Placement.objects.exists()


def test_arrange_with_end_before_start_is_refused(world: World) -> None:
    with pytest.raises(ValidationError):
        arrange(world, ends_on=world.intake.starts_on)
    assert not Placement.objects.exists()


def test_name_tutor_by_host_tells_once_each_time_it_changes(world: World) -> None:
    placement = prepared(world, enterprise_tutor=None)
    other = make_member(world.enterprise, Role.TUTOR)
    for tutor in (world.enterprise_tutor, world.enterprise_tutor, other, world.enterprise_tutor):
        placement_name_enterprise_tutor(actor_as(world.firm), placement_id=placement.pk, tutor_id=tutor.pk)
        placement.refresh_from_db()
        assert placement.enterprise_tutor == tutor
    assert told("enterprise_tutor_named") == 3


def test_name_tutor_by_university_is_not_allowed(world: World) -> None:
    placement = prepared(world, enterprise_tutor=None)
    with pytest.raises(NotAllowed):
        placement_name_enterprise_tutor(
            actor_as(world.school), placement_id=placement.pk, tutor_id=world.enterprise_tutor.pk
        )
    placement.refresh_from_db()
    assert placement.enterprise_tutor is None


def test_name_tutor_of_another_organization_is_refused(world: World) -> None:
    placement = prepared(world, enterprise_tutor=None)
    with pytest.raises(ValidationError) as refusal:
        placement_name_enterprise_tutor(
            actor_as(world.firm), placement_id=placement.pk, tutor_id=world.academic_tutor.pk
        )
    assert set(refusal.value.message_dict) == {"tutor"}


@pytest.mark.parametrize("side", ["school", "firm"])
def test_start_by_either_side_makes_it_active_and_a_repeat_tells_once(side: str, world: World) -> None:
    placement = prepared(world)
    for _time in range(2):
        placement = placement_start(actor_as(getattr(world, side)), placement_id=placement.pk)
    assert placement.state == Placement.State.ACTIVE
    assert placement.started_at is not None
    assert told("placement_started") == 1


def test_start_without_enterprise_tutor_is_refused(world: World) -> None:
    placement = prepared(world, enterprise_tutor=None)
    with pytest.raises(WrongState):
        placement_start(actor_as(world.school), placement_id=placement.pk)
    placement.refresh_from_db()
    assert placement.state == Placement.State.PREPARING
    assert told("placement_started") == 0


def test_start_under_terminated_agreement_is_refused(world: World) -> None:
    placement = prepared(world)
    agreement_terminate(actor_as(world.school), agreement_id=world.agreement.pk, cause="breach", reason="Over")
    with pytest.raises(WrongState):
        placement_start(actor_as(world.school), placement_id=placement.pk)
    placement.refresh_from_db()
    assert placement.state == Placement.State.PREPARING


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": Agreement.State.AWAITING_SIGNATURES, "in_force_at": None}, "not signed by all"),
        ({"state": Agreement.State.EXPIRED}, "has ended"),
        ({"mode_id": "training_base"}, "does not cover"),
        ({"starts_on": timezone.localdate() + timedelta(days=1)}, "has not begun"),
    ],
)
def test_start_without_a_tri_party_agreement_in_force_says_why(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    placement = prepared(world)
    Agreement.objects.filter(placement=placement).update(**changes)
    with pytest.raises(WrongState, match=reason):
        placement_start(actor_as(world.school), placement_id=placement.pk)


def test_start_without_any_tri_party_agreement_says_who_makes_it(world: World) -> None:
    placement = prepared(world, agreement=None)
    with pytest.raises(WrongState, match="no tri-party agreement yet"):
        placement_start(actor_as(world.school), placement_id=placement.pk)
    assert told("placement_started") == 0


def test_start_under_a_suspended_framework_says_so(world: World) -> None:
    placement = prepared(world)
    agreement_suspend(actor_as(world.firm), agreement_id=world.agreement.pk, reason="The line stands still")
    with pytest.raises(WrongState, match="is suspended"):
        placement_start(actor_as(world.school), placement_id=placement.pk)


@pytest.mark.parametrize("who", ["student", "academic_tutor", "enterprise_tutor"])
@pytest.mark.parametrize("act", [placement_start, placement_complete, placement_break_off])
def test_acts_of_coordinators_by_others_are_not_allowed(act: Any, who: str, world: World) -> None:
    placement = prepared(world)
    more = {"reason": "I want to"} if act is placement_break_off else {}
    with pytest.raises(NotAllowed):
        act(actor_as(getattr(world, who)), placement_id=placement.pk, **more)
    placement.refresh_from_db()
    assert placement.state == Placement.State.PREPARING


def test_complete_ends_an_active_placement_once(world: World) -> None:
    placement = make_placement(world)
    first = placement_complete(actor_as(world.school), placement_id=placement.pk)
    again = placement_complete(actor_as(world.firm), placement_id=placement.pk)
    assert first.state == again.state == Placement.State.COMPLETED
    assert first.ended_at == again.ended_at


def test_complete_before_the_start_is_refused(world: World) -> None:
    with pytest.raises(WrongState):
        placement_complete(actor_as(world.school), placement_id=prepared(world).pk)


@pytest.mark.parametrize("state", [Placement.State.PREPARING, Placement.State.ACTIVE])
def test_break_off_frees_one_place_however_often_it_is_repeated(state: str, world: World) -> None:
    placement = make_placement(world, state=state)
    make_placement(world)
    for _time in range(2):
        placement_break_off(actor_as(world.firm), placement_id=placement.pk, reason="The line is closed.")
    world.position.refresh_from_db()
    placement.refresh_from_db()
    assert world.position.taken == 1
    assert (placement.state, placement.reason) == (Placement.State.BROKEN_OFF, "The line is closed.")
    assert told("placement_broken_off") == 1


@pytest.mark.parametrize("reason", ["  ", "x" * 501])
def test_break_off_with_bad_reason_changes_nothing(reason: str, world: World) -> None:
    placement = make_placement(world)
    with pytest.raises(ValidationError) as refusal:
        placement_break_off(actor_as(world.school), placement_id=placement.pk, reason=reason)
    assert set(refusal.value.message_dict) == {"reason"}
    placement.refresh_from_db()
    world.position.refresh_from_db()
    assert placement.state == Placement.State.ACTIVE
    assert world.position.taken == 1


def test_break_off_of_a_completed_placement_is_refused(world: World) -> None:
    placement = make_placement(world)
    placement_complete(actor_as(world.school), placement_id=placement.pk)
    with pytest.raises(WrongState):
        placement_break_off(actor_as(world.school), placement_id=placement.pk, reason="Too late")


def test_history_names_who_broke_it_off(world: World) -> None:
    placement = make_placement(world)
    placement_break_off(actor_as(world.firm), placement_id=placement.pk, reason="The line is closed.")
    event = placement.events.order_by("pgh_id").last()  # type: ignore[attr-defined]  # by pghistory
    assert event.pgh_context.metadata["membership"] == world.firm.pk


@pytest.mark.parametrize("who", ["student", "academic_tutor", "enterprise_tutor", "school", "firm"])
def test_placement_is_seen_by_its_people_and_no_others(who: str, world: World) -> None:
    own = make_placement(world, world.student)
    other_world = make_world()
    make_placement(other_world)
    if who in ("academic_tutor", "enterprise_tutor"):
        make_placement(world, **{who: make_member(getattr(world, who).organization, Role.TUTOR)})
    elif who == "student":
        make_placement(world)
    assert list(Placement.objects.visible_to(actor_as(getattr(world, who)))) == [own]


def test_placement_on_campus_is_seen_by_the_tutor_that_the_university_named(world: World) -> None:
    master: Membership = make_member(world.university, Role.TUTOR)
    placement = make_placement(world, host=world.university, enterprise_tutor=master)
    assert Placement.objects.visible_to(actor_as(master)).get() == placement


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.TUTOR, Role.STUDENT])
def test_placement_is_not_seen_by_the_uninvolved_of_both_sides(role: str, world: World) -> None:
    make_placement(world)
    for organization in (world.university, world.enterprise):
        assert not Placement.objects.visible_to(actor_as(make_member(organization, role))).exists()


def test_dates_of_the_factory_hold_today(world: World) -> None:
    placement = make_placement(world)
    assert placement.starts_on + timedelta(days=1) <= timezone.localdate() <= placement.ends_on
