"""Places are limited: no crowd gets more than there are, nobody is left without an answer, and the tests can see it.

Half of the students send the form of the page with their session, half use the API with their token, all at once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.urls import reverse

from apps.accounts.models import User
from apps.applications import services
from apps.applications.models import Application
from apps.applications.services import application_accept, application_submit, application_withdraw
from apps.bases.models import Intake, Position
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch
from apps.organizations.middleware import SESSION_KEY
from apps.organizations.models import Membership, Role
from apps.organizations.tokens import token_create
from tests.factories.chain import World, make_application, make_student, make_world
from tests.factories.organizations import SYSTEM, actor_as

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

STUDENTS, PLACES = 200, 10
WHY = "I want to learn how the line works."
FULL = "All places of this position are taken."
CSRF = "c" * 32


@dataclass
class Click:
    """One student's request, ready to be sent again and again."""

    membership_id: int
    path: str
    headers: dict[str, str]
    json: dict[str, Any] | None = None
    data: dict[str, str] | None = None

    async def send(self, client: httpx.AsyncClient) -> tuple[int, str]:
        """Membership, and what the student was told: accepted, full, or else the whole answer."""
        answer = await client.post(self.path, headers=self.headers, json=self.json, data=self.data)
        if self.json is None:
            told_accepted = answer.status_code == 302
            if told_accepted:
                page = await client.get(answer.headers["Location"], headers=self.headers)
                told_accepted = page.status_code == 200 and "You have the place." in page.text
        else:
            told_accepted = answer.status_code == 201 and answer.json()["state"] == "accepted"
        if told_accepted:
            return self.membership_id, "accepted"
        told_full = answer.status_code == 409 and FULL in answer.text
        return self.membership_id, "full" if told_full else f"{answer.status_code} {answer.text[:300]}"


def by_page(student: Membership, position: Position) -> Click:
    user = student.user
    session = SessionStore()
    session.update(
        {
            "_auth_user_id": str(user.pk),
            "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
            "_auth_user_hash": user.get_session_auth_hash(),
            SESSION_KEY: student.pk,
        }
    )
    session.save()
    cookies = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return Click(
        student.pk,
        reverse("applications:application_create", args=[position.pk]),
        {"Cookie": cookies},
        data={"statement": WHY, "csrfmiddlewaretoken": CSRF},
    )


def by_token(student: Membership, position: Position) -> Click:
    _token, secret = token_create(SYSTEM, membership_id=student.pk, name="rush", scope="write")
    return Click(
        student.pk,
        "/api/v1/applications/",
        {"Authorization": f"Bearer {secret}"},
        json={"position": position.pk, "statement": WHY},
    )


def rush(url: str, clicks: list[Click]) -> list[tuple[int, str]]:
    """Send all at once, each over a connection of its own."""

    async def run() -> list[tuple[int, str]]:
        # Kept connections are given up before the server does so, which would look like an error of the portal.
        limits = httpx.Limits(max_connections=len(clicks), keepalive_expiry=1)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120) as client:
            return list(await asyncio.gather(*(click.send(client) for click in clicks)))

    return asyncio.run(run())


def make_crowd(places: int = PLACES) -> tuple[World, list[Click]]:
    world = make_world(places=places, selection=Intake.Selection.FIRST_COME)
    people = User.objects.bulk_create(
        [User(email=f"crowd{number}@example.org", name=f"Student {number}") for number in range(STUDENTS)]
    )
    students = Membership.objects.bulk_create(
        [Membership(user=person, organization=world.university, role=Role.STUDENT) for person in people]
    )
    ways = (by_page, by_token)
    return world, [ways[number % 2](student, world.position) for number, student in enumerate(students)]


def counts(world: World) -> tuple[int, int]:
    """The counter of the position, and the rows that it counts."""
    world.position.refresh_from_db()
    return world.position.taken, world.position.applications.filter(state="accepted").count()


def test_two_hundred_students_for_ten_places_get_ten(serve: Any) -> None:
    world, clicks = make_crowd()
    with serve() as url:
        answers = rush(url, clicks)
        accepted = {student for student, told in answers if told == "accepted"}
        again = rush(url, [click for click in clicks if click.membership_id in accepted])
    assert Counter(told for _student, told in answers) == {"accepted": PLACES, "full": STUDENTS - PLACES}
    assert Counter(told for _student, told in again) == {"accepted": PLACES}
    assert counts(world) == (PLACES, PLACES)
    assert set(Application.objects.values_list("student_id", flat=True)) == accepted


def test_control_without_the_guard_the_same_crowd_gets_more(serve: Any, without_constraint: None) -> None:
    world, clicks = make_crowd()
    with serve("tests.concurrency.unguarded") as url:
        answers = rush(url, clicks)
    accepted = [student for student, told in answers if told == "accepted"]
    assert len(accepted) > PLACES
    assert counts(world)[1] == len(accepted)


def test_one_student_who_clicks_twenty_times_has_one_application(serve: Any) -> None:
    world = make_world(places=PLACES, selection=Intake.Selection.FIRST_COME)
    with serve() as url:
        answers = rush(url, [by_page(world.student, world.position), by_token(world.student, world.position)] * 10)
    assert Counter(told for _student, told in answers) == {"accepted": 20}
    assert counts(world) == (1, 1)


AtOnce = Callable[..., list[str]]


@pytest.fixture
def at_once() -> Iterator[AtOnce]:
    """Does two acts at the same moment, each on a connection of its own: "done", or the class of the refusal or error."""
    barrier = threading.Barrier(2)

    def run(act: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            act()
        except Exception as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as threads:
        yield lambda *acts: list(threads.map(run, acts))
        list(threads.map(run, [connections.close_all] * 2))


def start_again(world: World, *applications: Application) -> None:
    """All places but one are taken, and these applications wait."""
    Position.objects.filter(pk=world.position.pk).update(taken=world.position.places - 1)
    pks = [application.pk for application in applications]
    Application.objects.filter(pk__in=pks).update(state="submitted", decided_at=None)


def accept_both(at_once: AtOnce, world: World, first: Application, second: Application) -> list[str]:
    start_again(world, first, second)
    reviewer = actor_as(world.firm)
    return at_once(
        lambda: application_accept(reviewer, application_id=first.pk),
        lambda: application_accept(reviewer, application_id=second.pk),
    )


def test_two_reviewers_give_the_last_place_once(at_once: AtOnce) -> None:
    world = make_world(places=3)
    first, second = make_application(world), make_application(world)
    for _time in range(200):
        assert sorted(accept_both(at_once, world, first, second)) == ["WrongState", "done"]
        assert Application.objects.filter(state="accepted").count() == 1
        assert counts(world)[0] == 3


def test_control_two_reviewers_who_read_first_give_it_twice(
    monkeypatch: pytest.MonkeyPatch, at_once: AtOnce, without_constraint: None
) -> None:
    def read_check_write(position_id: int) -> bool:
        position = Position.objects.get(pk=position_id)
        time.sleep(0.05)
        if position.free == 0:
            return False
        position.taken += 1
        position.save()
        return True

    monkeypatch.setattr(services, "place_take", read_check_write)
    world = make_world(places=3)
    assert accept_both(at_once, world, make_application(world), make_application(world)) == ["done", "done"]


def accept_and_withdraw(at_once: AtOnce, world: World, application: Application) -> list[str]:
    start_again(world, application)
    return at_once(
        lambda: application_accept(actor_as(world.firm), application_id=application.pk),
        lambda: application_withdraw(actor_as(world.student), application_id=application.pk),
    )


def test_accept_and_withdraw_at_once_leave_the_place_free(at_once: AtOnce) -> None:
    world = make_world(places=1)
    application = make_application(world, world.student)
    seen = set()
    for _time in range(100):
        accepted, withdrawn = accept_and_withdraw(at_once, world, application)
        application.refresh_from_db()
        assert (withdrawn, application.state, counts(world)[0]) == ("done", "withdrawn", 0)
        seen.add(accepted)
    assert seen <= {"done", WrongState.__name__}


def test_control_accept_and_withdraw_without_the_lock_contradict_each_other(
    monkeypatch: pytest.MonkeyPatch, at_once: AtOnce
) -> None:
    def fetch_and_pause(rows: Any, **lookup: Any) -> Any:
        row = fetch(rows, **lookup)
        time.sleep(0.05)
        return row

    monkeypatch.setattr(services, "fetch_locked", fetch_and_pause)
    world = make_world(places=1)
    application = make_application(world, world.student)
    assert accept_and_withdraw(at_once, world, application) == ["done", "done"]
    application.refresh_from_db()
    assert (application.state, counts(world)[0]) != ("withdrawn", 0)


def test_one_student_applies_for_two_positions_at_once_and_has_one(at_once: AtOnce) -> None:
    world = make_world(places=50, selection=Intake.Selection.FIRST_COME)
    other = Position.objects.create(intake=world.intake, title="Other", places=50)
    for _time in range(30):
        actor: Actor = actor_as(make_student(world.university))
        results = at_once(
            *(
                lambda actor=actor, pk=pk: application_submit(actor, position_id=pk, statement=WHY)
                for pk in (world.position.pk, other.pk)
            )
        )
        assert results == ["done", "done"]
    other.refresh_from_db()
    assert counts(world)[0] + other.taken == Application.objects.filter(state="accepted").count() == 30
