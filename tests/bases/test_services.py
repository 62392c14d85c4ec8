from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_suspend, agreement_terminate
from apps.bases.models import Base, Intake, Position
from apps.bases.services import (
    base_create,
    base_revise,
    intake_close,
    intake_draft,
    intake_open,
    intake_revise,
    place_free,
    place_take,
    position_add,
    position_remove,
)
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.notifications.services import deliver
from apps.organizations.models import Role
from tests.factories.agreements import make_in_force, make_submitted
from tests.factories.chain import World, make_base, make_intake, make_position, make_student, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_organization, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def base_values(world: World, **values: Any) -> dict[str, Any]:
    return {
        "agreement_id": world.agreement.pk,
        "kind": Base.Kind.OFF_CAMPUS,
        "name": "港口基地",
        "region_code": world.enterprise.region_id,
        "address": "1 Harbour Road",
    } | values


def call_values(**values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Autumn intake",
        "selection": Intake.Selection.REVIEWED,
        "closes_on": today + timedelta(days=10),
        "starts_on": today + timedelta(days=20),
        "ends_on": today + timedelta(days=120),
    } | values


def make_draft_intake(world: World, **values: Any) -> Intake:
    return make_intake(world.base, state=Intake.State.DRAFT, opened_at=None, **values)


def test_base_create_under_agreement_in_force_is_hosted_by_the_actor(world: World) -> None:
    base = base_create(actor_as(world.firm), **base_values(world))
    assert base.host == world.enterprise
    assert Base.objects.visible_to(actor_as(world.school)).filter(pk=base.pk).exists()


def test_base_create_before_all_have_signed_is_refused(world: World) -> None:
    agreement = make_submitted(world.school, world.firm)
    with pytest.raises(WrongState):
        base_create(actor_as(world.firm), **base_values(world, agreement_id=agreement.pk))


@pytest.mark.parametrize(("start", "end"), [(-400, -1), (1, 400)])
def test_base_create_outside_the_days_of_the_agreement_is_refused(world: World, start: int, end: int) -> None:
    today = timezone.localdate()
    days = {"starts_on": today + timedelta(days=start), "ends_on": today + timedelta(days=end)}
    Agreement.objects.update(**days)
    with pytest.raises(WrongState):
        base_create(actor_as(world.firm), **base_values(world))


def test_base_create_under_an_agreement_for_something_else_says_so(world: World) -> None:
    agreement = make_in_force(world.school, world.firm, mode="teacher_team")
    with pytest.raises(WrongState, match="does not cover"):
        base_create(actor_as(world.firm), **base_values(world, agreement_id=agreement.pk))


def test_base_create_under_foreign_agreement_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        base_create(actor_as(make_member(make_enterprise())), **base_values(world))


def test_base_create_by_observer_is_not_allowed(world: World) -> None:
    with pytest.raises(NotAllowed):
        base_create(actor_as(make_member(world.enterprise, Role.OBSERVER)), **base_values(world))


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("kind", "nonsense"), ("region_code", "999999")])
def test_base_create_with_bad_value_is_refused_by_field(world: World, field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        base_create(actor_as(world.firm), **base_values(world, **{field: value}))
    assert set(refusal.value.message_dict) == {field.removesuffix("_code")}
    assert Base.objects.count() == 1


def test_base_create_twice_makes_one(world: World) -> None:
    base_create(actor_as(world.firm), **base_values(world))
    with pytest.raises(ValidationError):
        base_create(actor_as(world.firm), **base_values(world))


def test_base_revise_by_partner_is_not_allowed(world: World) -> None:
    text = {"name": "N", "name_en": "", "address": "A", "description": ""}
    base_revise(actor_as(world.firm), base_id=world.base.pk, **text)
    with pytest.raises(NotAllowed):
        base_revise(actor_as(world.school), base_id=world.base.pk, **text | {"name": "M"})
    world.base.refresh_from_db()
    assert world.base.name == "N"


def test_intake_draft_with_positions_makes_them(world: World) -> None:
    positions = [{"title": "Welder", "tasks": "", "places": 3}, {"title": "Fitter", "tasks": "Fit", "places": 2}]
    intake = intake_draft(actor_as(world.firm), base_id=world.base.pk, **call_values(), positions=positions)
    assert (intake.state, intake.places, intake.free) == (Intake.State.DRAFT, 5, 5)


def test_intake_draft_with_bad_position_makes_nothing(world: World) -> None:
    same = {"title": "Welder", "tasks": "", "places": 3}
    with pytest.raises(ValidationError) as refusal:
        intake_draft(actor_as(world.firm), base_id=world.base.pk, **call_values(), positions=[same, same])
    assert refusal.value.message_dict["positions"][0].startswith("Position 2:")
    assert Intake.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [{"title": ""}, {"selection": "x"}, {"ends_on": "2001-01-01"}, {"closes_on": "2101-01-01"}],
)
def test_intake_draft_with_bad_value_is_refused(world: World, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        intake_draft(actor_as(world.firm), base_id=world.base.pk, **call_values(**values))
    assert Intake.objects.count() == 1


def test_intake_draft_is_seen_by_the_host_alone(world: World) -> None:
    draft = make_draft_intake(world)
    assert Intake.objects.visible_to(actor_as(world.firm)).filter(pk=draft.pk).exists()
    for other in (world.school, world.student):
        assert not Intake.objects.visible_to(actor_as(other)).filter(pk=draft.pk).exists()


def test_intake_revise_after_opening_is_refused(world: World) -> None:
    draft = make_draft_intake(world)
    intake_revise(actor_as(world.firm), intake_id=draft.pk, **call_values(title="Better"))
    with pytest.raises(WrongState):
        intake_revise(actor_as(world.firm), intake_id=world.intake.pk, **call_values())
    draft.refresh_from_db()
    assert draft.title == "Better"


def test_position_add_and_remove_in_a_draft(world: World) -> None:
    draft = make_draft_intake(world)
    actor = actor_as(world.firm)
    position = position_add(actor, intake_id=draft.pk, title="Welder", tasks="Weld", places=3)
    with pytest.raises(ValidationError):
        position_add(actor, intake_id=draft.pk, title="Welder", tasks="Weld", places=3)
    position_remove(actor, position_id=position.pk)
    assert not draft.positions.exists()
    with pytest.raises(NotFound):
        position_remove(actor, position_id=position.pk)


@pytest.mark.parametrize("places", [0, -1, 10**12])
def test_position_add_with_impossible_places_is_refused_by_field(world: World, places: int) -> None:
    draft = make_draft_intake(world)
    with pytest.raises(ValidationError) as refusal:
        position_add(actor_as(world.firm), intake_id=draft.pk, title="Welder", tasks="", places=places)
    assert set(refusal.value.message_dict) == {"places"}


def test_position_change_after_opening_is_refused(world: World) -> None:
    with pytest.raises(WrongState):
        position_add(actor_as(world.firm), intake_id=world.intake.pk, title="Welder", tasks="", places=3)
    with pytest.raises(WrongState):
        position_remove(actor_as(world.firm), position_id=world.position.pk)
    with pytest.raises(NotAllowed):
        position_remove(actor_as(world.school), position_id=world.position.pk)


def test_intake_open_twice_tells_students_and_coordinators_of_the_university_once(world: World) -> None:
    draft = make_draft_intake(world)
    make_position(draft)
    for _time in range(2):
        assert intake_open(actor_as(world.firm), intake_id=draft.pk).state == Intake.State.OPEN
    message = OutboxMessage.objects.get(payload__kind="intake_opened")
    make_student(make_university())
    deliver(message.payload)
    told = {user.pk for user in type(world.student.user).objects.filter(deliveries__notification__kind="intake_opened")}
    assert told == {world.student.user_id, world.school.user_id}


def test_intake_open_without_position_is_refused(world: World) -> None:
    with pytest.raises(WrongState):
        intake_open(actor_as(world.firm), intake_id=make_draft_intake(world).pk)


def test_intake_open_after_last_day_is_refused(world: World) -> None:
    draft = make_draft_intake(world, closes_on=timezone.localdate() - timedelta(days=1))
    make_position(draft)
    with pytest.raises(WrongState):
        intake_open(actor_as(world.firm), intake_id=draft.pk)


def test_intake_open_after_termination_is_refused(world: World) -> None:
    draft = make_draft_intake(world)
    make_position(draft)
    agreement_terminate(actor_as(world.school), agreement_id=world.agreement.pk, cause="breach", reason="over")
    with pytest.raises(WrongState):
        intake_open(actor_as(world.firm), intake_id=draft.pk)


def test_intake_open_while_the_agreement_is_suspended_says_so(world: World) -> None:
    draft = make_draft_intake(world)
    make_position(draft)
    agreement_suspend(actor_as(world.school), agreement_id=world.agreement.pk, reason="An accident is looked into")
    with pytest.raises(WrongState, match="is suspended"):
        intake_open(actor_as(world.firm), intake_id=draft.pk)


def test_intake_open_under_an_agreement_without_placements_says_so(world: World) -> None:
    """A laboratory has a base, but no student works there under such an agreement alone."""
    draft = make_draft_intake(world)
    make_position(draft)
    Agreement.objects.filter(pk=world.agreement.pk).update(mode="joint_laboratory")
    with pytest.raises(WrongState, match="does not cover"):
        intake_open(actor_as(world.firm), intake_id=draft.pk)


def test_intake_open_by_others_is_refused(world: World) -> None:
    draft = make_draft_intake(world)
    with pytest.raises(NotFound):
        intake_open(actor_as(world.school), intake_id=draft.pk)
    with pytest.raises(NotAllowed):
        intake_open(actor_as(make_member(world.enterprise, Role.TUTOR)), intake_id=draft.pk)


def test_intake_close_is_repeatable_and_for_open_ones(world: World) -> None:
    for _time in range(2):
        assert intake_close(actor_as(world.firm), intake_id=world.intake.pk).state == Intake.State.CLOSED
    with pytest.raises(WrongState):
        intake_close(actor_as(world.firm), intake_id=make_draft_intake(world).pk)
    with pytest.raises(NotAllowed):
        intake_close(actor_as(world.school), intake_id=world.intake.pk)


def test_termination_of_the_agreement_closes_its_open_intakes_and_no_others(world: World) -> None:
    draft, other = make_draft_intake(world), make_world()
    agreement_terminate(actor_as(world.school), agreement_id=world.agreement.pk, cause="breach", reason="over")
    states = dict(Intake.objects.values_list("pk", "state"))
    assert states == {world.intake.pk: "closed", draft.pk: "draft", other.intake.pk: "open"}
    event = world.intake.events.order_by("pgh_id").last()  # type: ignore[attr-defined]  # by pghistory
    assert event.pgh_context.metadata["membership"] == world.school.pk


def test_place_take_stops_at_the_number_of_places() -> None:
    position = make_position(make_world().intake, places=2)
    assert [place_take(position.pk) for _time in range(3)] == [True, True, False]
    place_free(position.pk)
    assert place_take(position.pk)
    assert Position.objects.get(pk=position.pk).taken == 2


def test_government_sees_bases_and_opened_intakes_of_its_region(world: World) -> None:
    official = actor_as(make_member(make_organization("government")))
    elsewhere = make_base(world.agreement, world.enterprise, region_id="320000")
    make_draft_intake(world)
    assert set(Base.objects.visible_to(official)) == {world.base}
    assert elsewhere not in Base.objects.visible_to(official)
    assert list(Intake.objects.visible_to(official)) == [world.intake]
