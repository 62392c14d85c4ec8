from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.dispatch import Signal
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import Agreement
from apps.applications.events import PLACE_IS_FREE, application_withdrawn
from apps.applications.models import Application
from apps.applications.services import (
    application_accept,
    application_reject,
    application_submit,
    application_withdraw,
)
from apps.bases.models import Intake
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.notifications.services import deliver
from apps.organizations.models import Membership, Role
from tests.factories.chain import World, make_application, make_position, make_student, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db
WHY = "I want to learn how the line works."


@pytest.fixture
def reviewed() -> World:
    return make_world(places=2)


@pytest.fixture
def rush() -> World:
    return make_world(places=2, selection=Intake.Selection.FIRST_COME)


def apply(world: World, student: Membership | None = None, statement: str = WHY) -> Application:
    return application_submit(actor_as(student or world.student), position_id=world.position.pk, statement=statement)


def told(kind: str) -> set[int]:
    """Who is told by the one event of this kind."""
    deliver(OutboxMessage.objects.get(payload__kind=kind).payload)
    return set(User.objects.filter(deliveries__notification__kind=kind).values_list("pk", flat=True))


def taken(world: World) -> int:
    world.position.refresh_from_db()
    return world.position.taken


def test_submit_to_reviewed_intake_waits_for_the_decision(reviewed: World) -> None:
    application = apply(reviewed, statement=f"  {WHY}\n")
    stored = Application.objects.get()
    assert stored == application
    assert (stored.state, stored.decided_at, stored.statement) == ("submitted", None, WHY)
    assert (stored.host, stored.university, stored.student) == (
        reviewed.enterprise,
        reviewed.university,
        reviewed.student,
    )
    assert taken(reviewed) == 0
    assert told("application_submitted") == {reviewed.firm.user_id}


def test_submit_to_first_come_intake_takes_the_place_at_once(rush: World) -> None:
    application = apply(rush)
    stored = Application.objects.get()
    assert stored.state == application.state == "accepted"
    assert stored.decided_at == stored.submitted_at
    assert taken(rush) == 1
    assert told("application_accepted") == {rush.student.user_id, rush.school.user_id}
    assert not OutboxMessage.objects.filter(payload__kind="application_submitted").exists()


def test_submit_returns_what_is_stored(rush: World) -> None:
    application = apply(rush)
    stored = Application.objects.get()
    for field in Application._meta.concrete_fields:
        assert getattr(application, field.attname) == getattr(stored, field.attname)


def test_submit_records_who_applied(rush: World) -> None:
    application = apply(rush)
    (event,) = application.events.all()  # type: ignore[attr-defined]  # by pghistory
    assert event.pgh_context.metadata["membership"] == rush.student.pk
    assert event.state == "accepted"


@pytest.mark.parametrize("world", ["reviewed", "rush"])
def test_submit_is_one_statement_beside_the_notice(
    world: str, request: pytest.FixtureRequest, django_assert_num_queries: Any
) -> None:
    place = request.getfixturevalue(world)
    actor = actor_as(place.student)
    application_submit(actor_as(make_student(place.university)), position_id=place.position.pk, statement=WHY)
    with django_assert_num_queries(4):  # two of them are the savepoint that stands for the transaction here
        application_submit(actor, position_id=place.position.pk, statement=WHY)


def test_submit_to_full_position_is_refused_and_writes_nothing(rush: World) -> None:
    for _student in range(2):
        apply(rush, make_student(rush.university))
    with pytest.raises(WrongState, match="All places"):
        apply(rush)
    assert Application.objects.count() == taken(rush) == 2


def test_submit_again_by_accepted_student_says_accepted_when_full(rush: World) -> None:
    first = apply(rush)
    apply(rush, make_student(rush.university))
    again = apply(rush, statement="another text")
    assert again == first
    assert (again.state, again.statement) == ("accepted", WHY)
    assert taken(rush) == 2
    assert OutboxMessage.objects.filter(payload__kind="application_accepted").count() == 2


def test_submit_to_other_position_of_the_intake_returns_the_live_application(rush: World) -> None:
    first = apply(rush)
    other = make_position(rush.intake)
    actor = actor_as(rush.student)
    assert application_submit(actor, position_id=other.pk, statement=WHY) == first
    other.refresh_from_db()
    assert other.taken == 0


def test_submit_after_withdrawal_is_a_new_application(rush: World) -> None:
    first = apply(rush)
    application_withdraw(actor_as(rush.student), application_id=first.pk)
    assert apply(rush) != first
    assert taken(rush) == 1


def close_by_hand(world: World) -> None:
    Intake.objects.update(state="closed")


def close_by_day(world: World) -> None:
    Intake.objects.update(closes_on=timezone.localdate() - timedelta(days=1))


def end_agreement(world: World) -> None:
    Agreement.objects.update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )


@pytest.mark.parametrize("world", ["reviewed", "rush"])
@pytest.mark.parametrize(
    ("close", "reason"),
    [
        (close_by_hand, "takes no more"),
        (close_by_day, "takes no more"),
        (end_agreement, "has ended"),
    ],
)
def test_submit_to_closed_intake_is_refused(
    world: str, close: Any, reason: str, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(world)
    close(place)
    with pytest.raises(WrongState, match=reason):
        apply(place)
    assert not Application.objects.exists()
    assert taken(place) == 0


def test_submit_on_the_last_day_is_possible(rush: World) -> None:
    Intake.objects.update(closes_on=timezone.localdate())
    assert apply(rush).state == "accepted"


@pytest.mark.parametrize("world", ["reviewed", "rush"])
def test_submit_by_student_of_another_university_is_not_found(world: str, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue(world)
    with pytest.raises(NotFound):
        apply(place, make_student(make_university()))
    assert taken(place) == 0


def test_submit_to_draft_or_nothing_is_not_found(rush: World) -> None:
    Intake.objects.update(state="draft", opened_at=None)
    for position in (rush.position.pk, 999_999, 10**30):
        with pytest.raises(NotFound):
            application_submit(actor_as(rush.student), position_id=position, statement=WHY)


def test_submit_by_who_is_no_student_is_not_allowed(rush: World) -> None:
    for member in (rush.school, rush.firm, rush.academic_tutor, make_member(rush.enterprise, Role.STUDENT)):
        with pytest.raises(NotAllowed):
            apply(rush, member)
    with pytest.raises(NotFound):
        apply(rush, make_member(make_enterprise()))


@pytest.mark.parametrize("statement", ["", " \n ", "x" * 2001])
def test_submit_with_bad_statement_is_refused_by_field(rush: World, statement: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        apply(rush, statement=statement)
    assert set(refusal.value.message_dict) == {"statement"}
    assert taken(rush) == 0


def test_accept_takes_a_place_and_tells_student_and_university(reviewed: World) -> None:
    application = make_application(reviewed)
    for _time in range(2):
        done = application_accept(actor_as(reviewed.firm), application_id=application.pk)
    assert (done.state, taken(reviewed)) == ("accepted", 1)
    assert told("application_accepted") == {application.student.user_id, reviewed.school.user_id}


def test_accept_when_full_is_refused_and_changes_nothing(reviewed: World) -> None:
    for _student in range(2):
        make_application(reviewed, state="accepted")
    application = make_application(reviewed)
    with pytest.raises(WrongState, match="All places"):
        application_accept(actor_as(reviewed.firm), application_id=application.pk)
    application.refresh_from_db()
    assert (application.state, taken(reviewed)) == ("submitted", 2)


def test_accept_by_others_is_refused(reviewed: World) -> None:
    application = make_application(reviewed, reviewed.student)
    for member in (reviewed.school, reviewed.student):
        with pytest.raises(NotAllowed):
            application_accept(actor_as(member), application_id=application.pk)
    for member in (make_member(make_enterprise()), reviewed.enterprise_tutor, make_student(reviewed.university)):
        with pytest.raises(NotFound):
            application_accept(actor_as(member), application_id=application.pk)


@pytest.mark.parametrize("state", ["rejected", "withdrawn"])
def test_accept_after_the_end_is_refused(reviewed: World, state: str) -> None:
    application = make_application(reviewed, state=state, reason="no")
    with pytest.raises(WrongState):
        application_accept(actor_as(reviewed.firm), application_id=application.pk)
    assert taken(reviewed) == 0


def test_reject_keeps_the_first_reason_and_tells_the_student(reviewed: World) -> None:
    application = make_application(reviewed)
    for reason in (" Too far away ", "other"):
        application_reject(actor_as(reviewed.firm), application_id=application.pk, reason=reason)
    application.refresh_from_db()
    assert (application.state, application.reason) == ("rejected", "Too far away")
    assert told("application_rejected") == {application.student.user_id}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_reject_with_bad_reason_is_refused_by_field(reviewed: World, reason: str) -> None:
    application = make_application(reviewed)
    with pytest.raises(ValidationError) as refusal:
        application_reject(actor_as(reviewed.firm), application_id=application.pk, reason=reason)
    assert set(refusal.value.message_dict) == {"reason"}
    application.refresh_from_db()
    assert application.state == "submitted"


def test_reject_of_accepted_application_is_refused(reviewed: World) -> None:
    application = make_application(reviewed, state="accepted")
    with pytest.raises(WrongState):
        application_reject(actor_as(reviewed.firm), application_id=application.pk, reason="late")
    assert taken(reviewed) == 1


@pytest.mark.parametrize("state", ["submitted", "accepted"])
def test_withdraw_frees_the_place_of_an_accepted_application_once(reviewed: World, state: str) -> None:
    application = make_application(reviewed, reviewed.student, state=state)
    make_application(reviewed, state="accepted")
    for _time in range(2):
        done = application_withdraw(actor_as(reviewed.student), application_id=application.pk)
    assert (done.state, taken(reviewed)) == ("withdrawn", 1)
    assert told("application_withdrawn") == {reviewed.firm.user_id}


def test_withdraw_by_host_or_university_is_not_allowed(reviewed: World) -> None:
    application = make_application(reviewed)
    for member in (reviewed.firm, reviewed.school):
        with pytest.raises(NotAllowed):
            application_withdraw(actor_as(member), application_id=application.pk)


def test_withdraw_after_rejection_is_refused(reviewed: World) -> None:
    application = make_application(reviewed, reviewed.student, state="rejected", reason="no")
    with pytest.raises(WrongState):
        application_withdraw(actor_as(reviewed.student), application_id=application.pk)


@contextmanager
def listening(event: Signal, answer: Any) -> Iterator[None]:
    def receive(**kwargs: Any) -> Any:
        return answer()

    event.connect(receive)
    yield
    event.disconnect(receive)


def test_withdraw_that_a_receiver_refuses_changes_nothing(reviewed: World) -> None:
    application = make_application(reviewed, reviewed.student, state="accepted")

    def refuse() -> None:
        raise WrongState("There is a placement.")

    with listening(application_withdrawn, refuse), pytest.raises(WrongState):
        application_withdraw(actor_as(reviewed.student), application_id=application.pk)
    application.refresh_from_db()
    assert (application.state, taken(reviewed)) == ("accepted", 1)


def test_withdraw_after_the_place_was_given_back_frees_no_second_one(reviewed: World) -> None:
    application = make_application(reviewed, reviewed.student, state="accepted")
    with listening(application_withdrawn, lambda: PLACE_IS_FREE):
        application_withdraw(actor_as(reviewed.student), application_id=application.pk)
    assert taken(reviewed) == 1
