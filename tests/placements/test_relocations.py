"""When an agreement ends before the work under it: every student is listed, moved, and nobody is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_terminate, agreements_end_due, termination_preview
from apps.applications.models import Application
from apps.applications.services import application_accept
from apps.bases.models import Intake
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.models import Membership, Role
from apps.placements.models import Placement, Relocation
from apps.placements.services import (
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_enterprise_tutor,
    placement_start,
    relocation_settle,
    relocations_find,
    relocations_propose,
)
from apps.portal.queue import queue_of
from tests.factories.agreements import make_in_force
from tests.factories.chain import (
    World,
    make_application,
    make_base,
    make_intake,
    make_placement,
    make_position,
    make_student,
    make_tri_party,
    make_world,
)
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def end(world: World, *, days: int = 0, by: Membership | None = None) -> Agreement:
    return agreement_terminate(
        actor_as(by or world.firm),
        agreement_id=world.agreement.pk,
        cause=Agreement.Cause.INSOLVENCY,
        reason="The court has opened the proceedings.",
        last_day=timezone.localdate() + timedelta(days=days),
    )


def other_position(world: World, **intake: Any) -> Any:
    """A position of another enterprise under another agreement of the university."""
    firm = make_member(make_enterprise())
    agreement = make_in_force(world.school, firm)
    return make_position(make_intake(make_base(agreement, firm.organization), **intake)), firm


def test_end_lists_who_works_who_is_prepared_and_who_holds_a_place(world: World) -> None:
    working, prepared = make_placement(world), make_placement(world, state=Placement.State.PREPARING, started_at=None)
    waiting = make_application(world, state=Application.State.ACCEPTED)
    done = make_placement(world, state=Placement.State.COMPLETED, ended_at=timezone.now())
    gone = make_placement(world, state=Placement.State.BROKEN_OFF, reason="left", ended_at=timezone.now())
    end(world)
    listed = set(Relocation.objects.values_list("application", flat=True))
    assert listed == {working.application_id, prepared.application_id, waiting.pk}
    assert not {done.application_id, gone.application_id} & listed


def test_end_turns_down_what_is_undecided_and_closes_the_intake(world: World) -> None:
    application = make_application(world)
    end(world)
    application.refresh_from_db()
    world.intake.refresh_from_db()
    assert application.state == Application.State.REJECTED
    assert application.reason
    assert world.intake.state == Intake.State.CLOSED


def test_notice_lists_those_who_work_longer_and_leaves_the_rest_as_it_is(world: World) -> None:
    longer = make_placement(world)
    make_placement(world, ends_on=timezone.localdate() + timedelta(days=5))
    application = make_application(world)
    end(world, days=30)
    assert list(Relocation.objects.values_list("application", flat=True)) == [longer.application_id]
    application.refresh_from_db()
    assert application.state == Application.State.SUBMITTED


def test_who_gets_a_place_after_the_notice_is_listed_at_the_end(world: World) -> None:
    make_placement(world)
    late = make_application(world)
    end(world, days=1)
    application_accept(actor_as(world.firm), application_id=late.pk)
    agreements_end_due(Actor.system("tests"), today=timezone.localdate() + timedelta(days=2))
    assert Relocation.objects.filter(application=late).exists()
    assert Relocation.objects.count() == 2


def test_expiry_lists_who_works_longer_than_the_agreement(world: World) -> None:
    placement = make_placement(world, ends_on=world.agreement.ends_on + timedelta(days=30))
    make_placement(world)
    agreements_end_due(Actor.system("tests"), today=world.agreement.ends_on + timedelta(days=1))
    assert list(Relocation.objects.values_list("application", flat=True)) == [placement.application_id]


def test_listing_again_adds_nobody_and_tells_nobody(world: World) -> None:
    make_placement(world)
    agreement = end(world)
    relocations_find(agreement)
    assert Relocation.objects.count() == 1
    assert OutboxMessage.objects.filter(payload__kind="relocation_needed").count() == 1
    assert OutboxMessage.objects.filter(payload__kind="relocations_found").count() == 1


def test_student_and_tutors_are_told_of_each_and_coordinators_of_the_list(world: World) -> None:
    placement = make_placement(world)
    end(world)
    outbox_relay()

    def told(kind: str) -> set[int]:
        return set(Delivery.objects.filter(notification__kind=kind).values_list("user", flat=True))

    people = {placement.student, world.academic_tutor, world.enterprise_tutor}
    assert told("relocation_needed") == {member.user_id for member in people}
    assert told("relocations_found") == {world.school.user_id, world.firm.user_id}


def test_end_of_the_agreement_of_one_placement_lists_its_student_alone(world: World) -> None:
    placement = make_placement(world)
    make_placement(world)
    assert placement.agreement is not None
    agreement_terminate(
        SYSTEM, agreement_id=placement.agreement.pk, cause=Agreement.Cause.BREACH, reason="Work at night"
    )
    assert list(Relocation.objects.values_list("application", flat=True)) == [placement.application_id]


def test_preview_says_what_the_end_does_and_changes_nothing(world: World) -> None:
    make_placement(world)
    make_application(world)
    found = termination_preview(actor_as(world.firm), agreement_id=world.agreement.pk, cause=Agreement.Cause.INSOLVENCY)
    counts = {effect.kind: effect.count for effect in found.effects}
    assert counts == {"bases": 1, "intakes": 1, "applications": 1, "students": 1, "individual_agreements": 1}
    world.agreement.refresh_from_db()
    assert world.agreement.state == Agreement.State.IN_FORCE
    assert not Relocation.objects.exists()


def test_university_proposes_hosts_decide_and_work_elsewhere_settles(world: World) -> None:
    """The whole way of one student; the old placement is broken off when the new one starts."""
    old = make_placement(world, world.student)
    end(world)
    row = Relocation.objects.get()
    position, firm = other_position(world)
    school = actor_as(world.school)
    values: dict[str, Any] = {"position_id": position.pk, "statement": "Please take this student."}
    assert relocations_propose(school, relocation_ids=[row.pk], **values) == 1
    application = Application.objects.get(position=position)
    assert application.state == Application.State.SUBMITTED
    application_accept(actor_as(firm), application_id=application.pk)
    other = World(
        **vars(world)
        | {"agreement": position.intake.base.agreement, "base": position.intake.base, "intake": position.intake}
        | {"position": position, "enterprise": firm.organization, "firm": firm}
        | {"enterprise_tutor": make_member(firm.organization, Role.TUTOR)}
    )
    row.refresh_from_db()
    assert row.settled_at is None
    new = _start(other, application)
    row.refresh_from_db()
    old.refresh_from_db()
    assert row.followed_by == new
    assert old.state == Placement.State.BROKEN_OFF
    assert old.agreement is not None
    old.agreement.refresh_from_db()
    assert old.agreement.state == Agreement.State.TERMINATED
    assert old.agreement.cause == Agreement.Cause.PURPOSE


def _start(world: World, application: Application) -> Placement:
    school = actor_as(world.school)
    placement = placement_arrange(school, application_id=application.pk, academic_tutor_id=world.academic_tutor.pk)
    placement.agreement = make_tri_party(world, application.student)
    placement.save()
    tutor = world.enterprise_tutor
    placement_name_enterprise_tutor(actor_as(world.firm), placement_id=placement.pk, tutor_id=tutor.pk)
    return placement_start(school, placement_id=placement.pk)


def test_breaking_off_alone_does_not_lose_the_student(world: World) -> None:
    placement = make_placement(world)
    end(world)
    placement_break_off(actor_as(world.school), placement_id=placement.pk, reason="The base is closed.")
    assert Relocation.objects.open().count() == 1


def test_work_that_is_done_before_the_end_settles(world: World) -> None:
    placement = make_placement(world)
    end(world, days=30)
    placement_complete(actor_as(world.school), placement_id=placement.pk)
    assert not Relocation.objects.open().exists()


def test_settling_needs_a_reason_and_the_university(world: World) -> None:
    make_placement(world)
    end(world)
    row = Relocation.objects.get()
    with pytest.raises(NotAllowed):
        relocation_settle(actor_as(world.firm), relocation_id=row.pk, reason="x")
    with pytest.raises(NotFound):
        relocation_settle(actor_as(make_member(make_university())), relocation_id=row.pk, reason="x")
    first = relocation_settle(actor_as(world.school), relocation_id=row.pk, reason="Has graduated")
    again = relocation_settle(actor_as(world.school), relocation_id=row.pk, reason="Other")
    assert (first.reason, again.reason) == ("Has graduated", "Has graduated")


def test_proposing_for_more_students_than_places_proposes_for_none(world: World) -> None:
    make_placement(world)
    make_placement(world)
    end(world)
    position, _firm = other_position(world, selection=Intake.Selection.FIRST_COME)
    position.places = 1
    position.save()
    rows = list(Relocation.objects.values_list("pk", flat=True))
    with pytest.raises(WrongState):
        relocations_propose(
            actor_as(world.school), relocation_ids=rows, position_id=position.pk, statement="Please take them."
        )
    position.refresh_from_db()
    assert position.taken == 0
    assert not Application.objects.filter(position=position).exists()


def test_home_of_the_university_says_how_many_need_another_base(world: World) -> None:
    make_placement(world)
    make_placement(world)
    end(world)
    titles = [item.title for item in queue_of(actor_as(world.school))]
    assert "2 students need another base" in titles
    assert not [title for title in [item.title for item in queue_of(actor_as(world.firm))] if "another base" in title]


def test_list_shows_the_way_of_each_and_offers_acts_to_the_university_alone(world: World, as_member: Any) -> None:
    placement = make_placement(world)
    end(world)
    address = reverse("placements:relocation_list")
    page = as_member(world.school).get(address)
    assert placement.student.user.name in page.text
    assert "no other base yet" in page.text
    assert "Needs none" in page.text
    assert "Needs none" not in as_member(world.firm).get(address).text
    assert as_member(world.student).get(address).status_code == 403


def test_list_costs_the_same_for_one_as_for_many(
    world: World, as_member: Any, django_assert_max_num_queries: Any
) -> None:
    for _one in range(6):
        make_placement(world, make_student(world.university))
    end(world)
    browser = as_member(world.school)
    browser.get(reverse("placements:relocation_list"))
    with django_assert_max_num_queries(14):
        browser.get(reverse("placements:relocation_list"))


def test_pages_propose_and_settle(world: World, as_member: Any) -> None:
    make_placement(world)
    make_placement(world)
    end(world)
    first, second = Relocation.objects.order_by("pk")
    position, _firm = other_position(world)
    browser = as_member(world.school)
    address = reverse("placements:relocations_propose")
    assert "checked" in browser.get(f"{address}?row={first.pk}").text
    sent = {"students": [first.pk], "position": position.pk, "statement": "Please take this student."}
    assert browser.post(address, sent).status_code == 302
    assert Application.objects.filter(position=position, student=first.student_id).exists()
    settle = reverse("placements:relocation_settle", args=[second.pk])
    assert browser.post(settle, {"reason": ""}).status_code == 422
    assert browser.post(settle, {"reason": "Has graduated"}).status_code == 302
    assert Relocation.objects.open().count() == 1
    assert "Has graduated" in browser.get(reverse("placements:relocation_list")).text
