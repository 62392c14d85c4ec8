from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from apps.applications.models import Application
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.evaluations.models import Evaluation, EvaluationRound
from apps.evaluations.services import rounds, rounds_open_due
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.events import membership_ending, open_work_of
from apps.organizations.models import Membership, Role
from apps.organizations.services import membership_end
from apps.placements import handover
from apps.placements.models import Placement
from apps.placements.services import (
    placement_arrange,
    placement_complete,
    placement_name_academic_tutor,
    placement_name_enterprise_tutor,
    placements,
)
from tests.factories.chain import World, make_application, make_placement, make_world
from tests.factories.evaluations import make_plan, make_round, make_scheme, make_submitted_sheet
from tests.factories.organizations import actor_as, make_member, rest_client
from tests.support.races import overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def dean(world: World) -> Membership:
    return make_member(world.university, Role.ADMINISTRATOR)


@pytest.fixture
def successor(world: World) -> Membership:
    return make_member(world.university, Role.TUTOR)


def leave(dean: Membership, membership: Membership, successor: Membership | None = None) -> Membership:
    return membership_end(actor_as(dean), membership_id=membership.pk, successor_id=successor.pk if successor else None)


# --- handing over ---


def test_leaving_with_open_work_needs_a_successor(world: World, dean: Membership) -> None:
    make_placement(world)
    with pytest.raises(ValidationError) as refusal:
        leave(dean, world.academic_tutor)
    assert set(refusal.value.message_dict) == {"successor"}
    world.academic_tutor.refresh_from_db()
    assert world.academic_tutor.is_current


def test_leaving_moves_placements_and_open_sheets_and_keeps_the_rest(
    world: World, dean: Membership, successor: Membership
) -> None:
    active, ended = make_placement(world), make_placement(world)
    first = make_round(world)
    make_submitted_sheet(first.evaluations.get(placement=active, side="academic"), 80, 70, 60)
    placement_complete(actor_as(world.school), placement_id=ended.pk)
    second = make_round(world, scheme=make_scheme(world, title="Second"), first_due_on=timezone.localdate())
    assert len(open_work_of(world.academic_tutor)) == 2
    leave(dean, world.academic_tutor, successor)
    active.refresh_from_db()
    ended.refresh_from_db()
    assert (active.academic_tutor, ended.academic_tutor) == (successor, world.academic_tutor)
    assert active.enterprise_tutor == world.enterprise_tutor
    academic = Evaluation.objects.filter(side="academic")
    submitted = academic.get(round=first, placement=active)
    assert (submitted.evaluator, submitted.submitted_at is None) == (world.academic_tutor, False)
    for sheet in academic.filter(submitted_at=None):
        assert sheet.evaluator == successor, sheet.round
    assert academic.filter(round=second, placement=active, evaluator=successor).exists()
    assert not Evaluation.objects.filter(side="enterprise", evaluator=successor).exists()
    assert open_work_of(world.academic_tutor) == []


def test_leaving_tells_the_successor_once(world: World, dean: Membership, successor: Membership) -> None:
    make_placement(world)
    make_placement(world)
    leave(dean, world.academic_tutor, successor)
    leave(dean, world.academic_tutor, successor)
    outbox_relay()
    kinds = Delivery.objects.filter(user=successor.user).values_list("notification__kind", flat=True)
    assert list(kinds) == ["work_handed_over"]


def test_leaving_keeps_the_name_in_the_history(world: World, dean: Membership, successor: Membership) -> None:
    placement = make_placement(world)
    leave(dean, world.academic_tutor, successor)
    tutors = [event.academic_tutor_id for event in placement.events.order_by("pgh_id")]
    assert tutors == [world.academic_tutor.pk, successor.pk]


@pytest.mark.parametrize("who", ["other role", "other organization", "ended", "the same person", "unknown"])
def test_leaving_with_a_successor_who_does_not_fit_is_refused(who: str, world: World, dean: Membership) -> None:
    placement = make_placement(world)
    ended = make_member(world.university, Role.TUTOR)
    leave(dean, ended)
    choices = {
        "other role": world.school.pk,
        "other organization": world.enterprise_tutor.pk,
        "ended": ended.pk,
        "the same person": make_member(world.university, Role.COORDINATOR, world.academic_tutor.user).pk,
        "unknown": 0,
    }
    with pytest.raises(ValidationError) as refusal:
        membership_end(actor_as(dean), membership_id=world.academic_tutor.pk, successor_id=choices[who])
    assert set(refusal.value.message_dict) == {"successor"}
    placement.refresh_from_db()
    assert placement.academic_tutor == world.academic_tutor


def test_leaving_without_open_work_needs_nobody_and_tells_nobody(
    world: World, dean: Membership, successor: Membership
) -> None:
    leave(dean, world.academic_tutor, successor)
    outbox_relay()
    assert not Delivery.objects.filter(user=successor.user).exists()


def test_leaving_of_a_foreign_member_is_not_found(world: World, dean: Membership) -> None:
    with pytest.raises(NotFound):
        leave(dean, world.enterprise_tutor)


def test_leaving_when_a_receiver_forgets_is_undone(
    world: World, dean: Membership, successor: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left with nobody: what still hangs on the membership keeps it from ending."""
    placement = make_placement(world)
    membership_ending.disconnect(handover.hand_over)
    try:
        with pytest.raises(WrongState, match="New work came"):
            leave(dean, world.academic_tutor, successor)
    finally:
        membership_ending.connect(handover.hand_over)
    placement.refresh_from_db()
    world.academic_tutor.refresh_from_db()
    assert placement.academic_tutor == world.academic_tutor
    assert world.academic_tutor.is_current


# --- students ---


def test_leaving_student_with_a_placement_under_way_is_refused(world: World, dean: Membership) -> None:
    make_placement(world, world.student)
    with pytest.raises(WrongState, match="under way"):
        leave(dean, world.student)
    world.student.refresh_from_db()
    assert world.student.is_current


def test_leaving_student_frees_the_places_that_were_asked_for(world: World, dean: Membership) -> None:
    application = make_application(world, world.student, state=Application.State.ACCEPTED)
    world.position.refresh_from_db()
    assert world.position.taken == 1
    leave(dean, world.student)
    application.refresh_from_db()
    world.position.refresh_from_db()
    assert (application.state, world.position.taken) == (Application.State.WITHDRAWN, 0)


# --- by oneself ---


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_member_leaves_by_themselves(role: str, world: World) -> None:
    member = make_member(world.university, role)
    assert membership_end(actor_as(member), membership_id=member.pk).ended_at is not None
    assert not actor_as(member).is_member


def test_last_administrator_cannot_leave(world: World, dean: Membership) -> None:
    with pytest.raises(WrongState, match="last administrator"):
        leave(dean, dean)
    make_member(world.university, Role.ADMINISTRATOR)
    assert leave(dean, dean).ended_at is not None


def test_member_with_open_work_asks_an_administrator(world: World, successor: Membership) -> None:
    make_placement(world)
    with pytest.raises(WrongState, match="Ask an administrator"):
        membership_end(actor_as(world.academic_tutor), membership_id=world.academic_tutor.pk, successor_id=successor.pk)


def test_member_ends_no_other(world: World, successor: Membership) -> None:
    with pytest.raises(NotFound):
        membership_end(actor_as(world.academic_tutor), membership_id=successor.pk)
    with pytest.raises(NotAllowed):
        membership_end(actor_as(world.school), membership_id=successor.pk)


def test_reading_token_ends_nothing(world: World) -> None:
    with pytest.raises(NotAllowed):
        membership_end(replace(actor_as(world.academic_tutor), read_only=True), membership_id=world.academic_tutor.pk)


# --- at the next request ---


def test_access_is_gone_at_the_next_request(world: World, dean: Membership, as_member: Any) -> None:
    browser, client = as_member(world.school), rest_client(world.school)
    url = reverse("agreements:agreement_detail", args=[world.agreement.pk])
    assert (browser.get(url).status_code, client.get("/api/v1/agreements/").status_code) == (200, 200)
    leave(dean, world.school)
    assert browser.get(url).status_code == 404
    assert browser.get(f"/api/v1/agreements/{world.agreement.pk}/").status_code == 404
    assert client.get("/api/v1/agreements/").status_code == 401
    assert world.school.tokens.get().revoked_at is not None


# --- tutors who are replaced ---


@pytest.mark.parametrize("side", ["academic", "enterprise"])
def test_replaced_tutor_takes_no_open_sheet_along(side: str, world: World) -> None:
    placement, other = make_placement(world), make_placement(world)
    current = make_round(world)
    home, who, name = (
        (world.university, world.school, placement_name_academic_tutor)
        if side == "academic"
        else (world.enterprise, world.firm, placement_name_enterprise_tutor)
    )
    former, tutor = getattr(placement, f"{side}_tutor"), make_member(home, Role.TUTOR)
    name(actor_as(who), placement_id=placement.pk, tutor_id=tutor.pk)
    sheets = Evaluation.objects.filter(round=current, side=side)
    assert sheets.get(placement=placement).evaluator == tutor
    assert sheets.get(placement=other).evaluator == former
    assert not Evaluation.objects.filter(round=current, evaluator=tutor).exclude(side=side).exists()


def test_replaced_tutor_keeps_sheets_of_closed_rounds_and_those_handed_in(world: World) -> None:
    placement = make_placement(world)
    make_submitted_sheet(make_round(world).evaluations.get(side="academic"), 80, 70, 60)
    EvaluationRound.objects.update(state="closed", closed_at=timezone.now())
    tutor = make_member(world.university, Role.TUTOR)
    placement_name_academic_tutor(actor_as(world.school), placement_id=placement.pk, tutor_id=tutor.pk)
    assert not Evaluation.objects.filter(evaluator=tutor).exists()


@pytest.mark.parametrize("who", ["firm", "academic_tutor", "student"])
def test_academic_tutor_is_named_by_the_university_alone(who: str, world: World) -> None:
    placement, tutor = make_placement(world, world.student), make_member(world.university, Role.TUTOR)
    with pytest.raises(NotAllowed):
        placement_name_academic_tutor(actor_as(getattr(world, who)), placement_id=placement.pk, tutor_id=tutor.pk)


def test_academic_tutor_must_be_a_current_tutor_of_the_university(world: World) -> None:
    placement = make_placement(world)
    for tutor in (world.enterprise_tutor, world.school):
        with pytest.raises(ValidationError):
            placement_name_academic_tutor(actor_as(world.school), placement_id=placement.pk, tutor_id=tutor.pk)


def test_academic_tutor_page_names_another(world: World, as_member: Any) -> None:
    placement, tutor = make_placement(world), make_member(world.university, Role.TUTOR)
    browser = as_member(world.school)
    url = reverse("placements:placement_academic_tutor", args=[placement.pk])
    assert url in browser.get(reverse("placements:placement_detail", args=[placement.pk])).content.decode()
    assert browser.post(url, {"tutor": world.enterprise_tutor.pk}).status_code == 422
    assert browser.post(url, {"tutor": tutor.pk}).status_code == 302
    placement.refresh_from_db()
    assert placement.academic_tutor == tutor


# --- at once ---


def arrange_while_leaving() -> Placement | None:
    """A tutor leaves while a placement is arranged with them; returns a placement whose tutor has left."""
    world = make_world()
    dean = make_member(world.university, Role.ADMINISTRATOR)
    application = make_application(world, state=Application.State.ACCEPTED)
    overlapping(
        partial(
            placement_arrange,
            actor_as(world.school),
            application_id=application.pk,
            academic_tutor_id=world.academic_tutor.pk,
        ),
        partial(leave, dean, world.academic_tutor),
    )
    return Placement.objects.filter(academic_tutor=world.academic_tutor, academic_tutor__ended_at__isnull=False).first()


@pytest.mark.django_db(transaction=True)
def test_arrange_while_the_tutor_leaves_leaves_no_placement_with_nobody() -> None:
    assert arrange_while_leaving() is None


@pytest.mark.django_db(transaction=True)
def test_arrange_while_the_tutor_leaves_without_the_lock_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(placements, "_held", lambda pk: Membership.objects.current().filter(pk=pk).first())
    assert arrange_while_leaving() is not None


def open_round_while_leaving() -> bool:
    """A round opens while a tutor leaves; returns whether a sheet is left with the tutor who has left."""
    world = make_world()
    dean, successor = make_member(world.university, Role.ADMINISTRATOR), make_member(world.university, Role.TUTOR)
    make_placement(world)
    make_plan(world, first_due_on=timezone.localdate() - timedelta(days=1))
    answers = overlapping(
        partial(rounds_open_due, Actor.system("evaluations.open_due")),
        partial(leave, dean, world.academic_tutor, successor),
    )
    assert isinstance(answers[1], Membership | WrongState), answers
    world.academic_tutor.refresh_from_db()
    left = Evaluation.objects.pending().filter(evaluator=world.academic_tutor)
    return left.exists() and not world.academic_tutor.is_current


@pytest.mark.django_db(transaction=True)
def test_round_that_opens_while_the_tutor_leaves_leaves_no_sheet_with_them() -> None:
    assert not open_round_while_leaving()


@pytest.mark.django_db(transaction=True)
def test_round_that_opens_while_the_tutor_leaves_without_the_lock_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(rounds, "_HOLD", "")
    assert open_round_while_leaving()


# --- page ---


def test_page_shows_what_will_be_handed_over_and_asks_for_the_successor(
    world: World, dean: Membership, successor: Membership, as_member: Any
) -> None:
    placement = make_placement(world)
    make_round(world)
    browser, url = as_member(dean), reverse("organizations:member_end", args=[world.academic_tutor.pk])
    page = browser.get(url).content.decode()
    assert "1 placement as academic tutor" in page
    assert "1 evaluation sheet to score" in page
    assert placement.student.user.name in page
    assert successor.user.name in page
    assert world.enterprise_tutor.user.name not in page
    assert browser.post(url, {"successor": ""}).status_code == 422
    assert browser.post(url, {"successor": world.enterprise_tutor.pk}).status_code == 422
    assert browser.post(url, {"successor": successor.pk}).status_code == 302
    placement.refresh_from_db()
    assert placement.academic_tutor == successor


def test_page_of_a_student_with_a_placement_says_what_stands_in_the_way(
    world: World, dean: Membership, as_member: Any
) -> None:
    make_placement(world, world.student)
    browser, url = as_member(dean), reverse("organizations:member_end", args=[world.student.pk])
    page = browser.get(url).content.decode()
    assert "Complete it or break it off first" in page
    assert "End the membership</button>" not in page
    assert browser.post(url).status_code == 409


def test_page_lets_a_member_leave_by_themselves(world: World, as_member: Any) -> None:
    browser, url = as_member(world.student), reverse("organizations:member_end", args=[world.student.pk])
    home = reverse("organizations:organization_detail", args=[world.university.pk])
    assert url in browser.get(home).content.decode()
    assert "Leave " in browser.get(url).content.decode()
    assert browser.post(url).headers["Location"] == reverse("portal:home")
    assert "do not belong to an organization" in browser.get(reverse("portal:home")).content.decode()


def test_page_of_a_tutor_with_open_work_sends_them_to_an_administrator(world: World, as_member: Any) -> None:
    make_placement(world)
    browser, url = as_member(world.academic_tutor), reverse("organizations:member_end", args=[world.academic_tutor.pk])
    page = browser.get(url).content.decode()
    assert "Ask an administrator of your organization to hand it over" in page
    assert 'name="successor"' not in page
    assert browser.post(url).status_code == 409
