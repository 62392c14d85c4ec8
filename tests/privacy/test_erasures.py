"""Who is erased is gone from every table, but for what the law keeps; and stays gone after an older backup came back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import QueuedMail, User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Notification
from apps.organizations.models import Membership, Registration, Role
from apps.placements.models import Placement
from apps.privacy.models import ErasureRequest, LegalHold
from apps.privacy.services import (
    erasure_ask,
    erasure_carry_out,
    erasure_refuse,
    erasure_withdraw,
    erasures_carry_out_due,
    erasures_reapply,
    hold_lift,
    hold_place,
)
from tests.factories.chain import make_placement, make_student, make_world
from tests.factories.organizations import (
    PASSWORD,
    SYSTEM,
    actor_as,
    make_member,
    make_person,
    make_university,
    sign_in_person,
)
from tests.privacy.people import GONE, IDENTITY, KEPT, full_student

pytestmark = pytest.mark.django_db
BY_LAW = {
    "accounts_queuedmail": "the address to which the erasure was confirmed, for 30 days",
    "agreements_agreement": "a contract names its parties",
    "agreements_agreementversion": "a contract names its parties",
    "agreements_agreementevent": "the title of that contract",
}
"""Tables where something of the erased may stand, and why."""
CONTRACT = {name for name, why in BY_LAW.items() if "contract" in why}
KEPT_BY_LAW = {
    "agreements_signer",
    "placements_relocation",
    "applications_application",
    "placements_placement",
    "placements_progresslog",
    "placements_journal",
    "placements_journalanswer",
    "evaluations_evaluation",
    "privacy_disclosure",
}


@pytest.fixture(autouse=True)
def _list_of_the_erased(settings: Any, tmp_path: Path) -> None:
    settings.ERASURE_LIST = tmp_path / "erasures.jsonl"


def dump() -> dict[str, str]:
    """The text of every row of every table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        texts = {}
        for table in tables:
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')  # noqa: S608  # names of tables
            texts[table] = cursor.fetchone()[0] or ""
    return texts


def tables_with(canary: str) -> set[str]:
    return {table for table, text in dump().items() if canary.lower() in text.lower()}


def erased_student() -> User:
    _world, person = full_student()
    erasure_carry_out(SYSTEM, person_id=person.pk)
    person.refresh_from_db()
    return person


def test_nothing_of_an_erased_student_is_left_but_what_the_law_keeps() -> None:
    person = erased_student()
    assert tables_with(GONE) == set(BY_LAW)
    assert tables_with(KEPT) == KEPT_BY_LAW
    assert tables_with(IDENTITY) == set()
    assert person.name == f"Erased person {person.pk}"
    assert (person.is_active, person.birth_date, person.has_usable_password()) == (False, None, False)
    assert Placement.objects.filter(student__user=person).count() == 1


def test_dump_finds_a_full_student_before_erasure() -> None:
    """The control: the same search finds every table that erasure empties."""
    full_student()
    found = tables_with(GONE)
    assert found >= {
        "accounts_user",
        "account_emailaddress",
        "universities_studentprofile",
        "applications_application",
        "privacy_legalguardian",
        "organizations_registration",
        "notifications_notification",
        "usersessions_usersession",
        "socialaccount_socialaccount",
        "mfa_authenticator",
    }


def test_files_of_the_erased_go_with_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    _world, person = full_student()
    name = Registration.objects.get(applicant=person).evidence.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        erasure_carry_out(SYSTEM, person_id=person.pk)
    assert not default_storage.exists(name)


def test_erased_person_is_signed_out_and_gets_in_no_more(client: Any) -> None:
    person = make_person()
    make_member(make_university(), Role.TUTOR, person)
    sign_in_person(client, person)
    assert client.get("/").status_code == 200
    erasure_carry_out(SYSTEM, person_id=person.pk)
    assert not Session.objects.exists()
    assert client.get("/").status_code == 302
    assert authenticate(None, email=person.email, password=PASSWORD) is None
    assert not Membership.objects.filter(user=person, ended_at=None).exists()


def test_others_are_untouched() -> None:
    _world, person = full_student()
    before = list(User.objects.exclude(pk=person.pk).order_by("pk").values())
    memberships = list(Membership.objects.exclude(user=person).order_by("pk").values())
    erasure_carry_out(SYSTEM, person_id=person.pk)
    assert list(User.objects.exclude(pk=person.pk).order_by("pk").values()) == before
    assert list(Membership.objects.exclude(user=person).order_by("pk").values()) == memberships


def test_notifications_to_others_lose_the_name() -> None:
    person = erased_student()
    named = [n for n in Notification.objects.all() if "student" in n.params]
    assert named
    assert {n.params["student"] for n in named} == {"[erased]"}
    assert person.pk


def test_repeat_changes_nothing() -> None:
    person = erased_student()
    before = dump()
    erasure_carry_out(SYSTEM, person_id=person.pk)
    assert dump() == before


def test_active_placement_stands_against_it() -> None:
    world = make_world()
    placement = make_placement(world)
    for person in (placement.student.user, world.academic_tutor.user):
        with pytest.raises(WrongState, match=r"(?i)placement"):
            erasure_ask(Actor(user_id=person.pk))
        with pytest.raises(WrongState, match=r"(?i)placement"):
            erasure_carry_out(SYSTEM, person_id=person.pk)
    assert not ErasureRequest.objects.exists()


def test_last_administrator_names_another_one_first() -> None:
    university = make_university()
    only = make_member(university, Role.ADMINISTRATOR)
    with pytest.raises(WrongState, match="last administrator"):
        erasure_ask(actor_as(only))
    make_member(university, Role.ADMINISTRATOR)
    assert erasure_ask(actor_as(only)).state == ErasureRequest.State.ASKED


def test_request_is_carried_out_when_its_time_has_come() -> None:
    student = make_student(make_university())
    request = erasure_ask(actor_as(student), reason="I leave")
    assert erasure_ask(actor_as(student)) == request
    assert erasures_carry_out_due(SYSTEM, now=request.due_at - timedelta(seconds=1)) == 0
    assert erasures_carry_out_due(SYSTEM, now=request.due_at) == 1
    assert erasures_carry_out_due(SYSTEM, now=request.due_at) == 0
    request = ErasureRequest.objects.get()
    assert (request.state, request.reason) == (ErasureRequest.State.CARRIED_OUT, "")
    assert User.objects.get(pk=student.user_id).erased_at is not None


def test_request_that_was_taken_back_is_not_carried_out() -> None:
    student = make_student(make_university())
    request = erasure_ask(actor_as(student))
    with pytest.raises(NotFound):
        erasure_withdraw(actor_as(make_student(student.organization)), request_id=request.pk)
    erasure_withdraw(actor_as(student), request_id=request.pk)
    assert erasures_carry_out_due(SYSTEM, now=request.due_at) == 0
    with pytest.raises(WrongState):
        erasure_refuse(SYSTEM, request_id=request.pk, reason="late")


def test_what_came_to_stand_against_it_refuses_and_says_why() -> None:
    world = make_world()
    student = make_student(world.university)
    request = erasure_ask(actor_as(student))
    make_placement(world, student)
    assert erasures_carry_out_due(SYSTEM, now=request.due_at) == 0
    request = ErasureRequest.objects.get()
    assert request.state == ErasureRequest.State.REFUSED
    assert "placement" in request.decision
    assert QueuedMail.objects.filter(to=student.user.email, body__contains="placement").exists()


def test_only_staff_decide() -> None:
    student = make_student(make_university())
    request = erasure_ask(actor_as(student))
    with pytest.raises(NotFound):
        erasure_refuse(actor_as(make_member(student.organization)), request_id=request.pk, reason="x")
    with pytest.raises(NotAllowed):
        erasure_refuse(actor_as(student), request_id=request.pk, reason="x")
    with pytest.raises(NotAllowed):
        erasure_carry_out(actor_as(student), person_id=student.user_id)
    staff = Actor(user_id=make_person().pk, is_staff=True)
    assert erasure_refuse(staff, request_id=request.pk, reason="A dispute").decided_by_id == staff.user_id


def test_legal_hold_stops_it_until_it_is_lifted() -> None:
    person = make_person()
    hold = hold_place(SYSTEM, person_id=person.pk, reason="Court order 7")
    assert hold_place(SYSTEM, person_id=person.pk, reason="again") == hold
    with pytest.raises(WrongState, match="legal hold"):
        erasure_carry_out(SYSTEM, person_id=person.pk)
    hold_lift(SYSTEM, hold_id=hold.pk)
    assert erasure_carry_out(SYSTEM, person_id=person.pk).erased_at is not None
    assert not LegalHold.objects.standing().exists()


def test_older_backup_that_came_back_is_erased_again(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything as it was before the erasure but for the list, which is not in the database."""
    _world, person = full_student()
    try:
        with transaction.atomic():
            erasure_carry_out(SYSTEM, person_id=person.pk)
            outbox_relay()
            raise InterruptedError
    except InterruptedError:
        pass
    assert tables_with(GONE) > {"accounts_user"}, "the backup is back"
    assert json.loads(settings.ERASURE_LIST.read_text())["person"] == person.pk
    call_command("reapply_erasures")
    assert capsys.readouterr().out == "1 erased again\n"
    assert tables_with(GONE) == CONTRACT
    assert erasures_reapply(SYSTEM) == 0


def test_somebody_with_the_same_number_who_joined_later_is_safe(settings: Any) -> None:
    person = make_person()
    other = (person.date_joined - timedelta(days=9)).isoformat()
    settings.ERASURE_LIST.write_text(json.dumps({"person": person.pk, "joined": other}) + "\n")
    assert erasures_reapply(SYSTEM) == 0
    settings.ERASURE_LIST.write_text(json.dumps({"person": person.pk, "joined": person.date_joined.isoformat()}) + "\n")
    assert erasures_reapply(SYSTEM) == 1


def test_list_gets_each_person_once(settings: Any) -> None:
    person = make_person()
    erasure_carry_out(SYSTEM, person_id=person.pk)
    outbox_relay()
    outbox_relay()
    assert len(settings.ERASURE_LIST.read_text().splitlines()) == 1


def test_page_asks_and_takes_back(as_member: Any) -> None:
    student = make_student(make_university())
    browser = as_member(student)
    url = reverse("privacy:erasure_ask")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"reason": ""}).status_code == 422
    assert not ErasureRequest.objects.exists()
    assert browser.post(url, {"reason": "", "understood": "on"}).url == reverse("privacy:overview")
    request = ErasureRequest.objects.get()
    assert b"You asked to be erased" in browser.get(reverse("privacy:overview")).content
    browser.post(reverse("privacy:erasure_withdraw", args=[request.pk]))
    assert ErasureRequest.objects.get().state == ErasureRequest.State.WITHDRAWN


def test_staff_sees_and_decides(client: Any) -> None:
    student = make_student(make_university())
    request = erasure_ask(actor_as(student), reason="I leave")
    staff = make_person()
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    staff.refresh_from_db()
    sign_in_person(client, staff)
    assert b"I leave" in client.get(reverse("privacy:erasure_list")).content
    assert client.post(reverse("privacy:erasure_refuse", args=[request.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("privacy:erasure_carry_out", args=[request.pk])).status_code == 302
    assert timezone.now() >= User.objects.get(pk=student.user_id).erased_at  # type: ignore[operator]  # it is set
