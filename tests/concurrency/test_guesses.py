"""Guesses at passwords against a running server: how many reach the hasher, and who is refused."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from apps.accounts.devices import DeviceMiddleware, device_remember
from apps.accounts.limits import account_key
from apps.accounts.models import QueuedMail, User
from tests.factories.organizations import PASSWORD, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

COUNTING, THROTTLED = "tests.concurrency.counting", "tests.concurrency.throttled"
CSRF = "c" * 32
LOGIN = "/accounts/login/"


@pytest.fixture
def counted(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``counted()``: how often the hasher was called. Each try may come from an address of its own."""
    monkeypatch.setenv("TRUSTED_PROXY_COUNT", "1")

    def calls() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM hash_calls")
            (number,) = cursor.fetchone()
        return int(number)

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hash_calls (at timestamptz DEFAULT clock_timestamp())")
    yield calls
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE hash_calls")


Try = tuple[str, str, str, str]
"""E-mail address, password, address of the client, device cookie."""


def told(answer: httpx.Response) -> str:
    if answer.status_code == 302:
        return "in"
    if "Too many attempts" in answer.text:
        return "later"
    return "wrong" if "password" in answer.text else f"{answer.status_code} {answer.text[:300]}"


def sign_in_all(url: str, tries: list[Try], at_once: int) -> list[str]:
    """What each was told, in their order; ``at_once`` of them at any time."""

    async def run() -> list[str]:
        gate = asyncio.Semaphore(at_once)
        limits = httpx.Limits(max_connections=at_once, keepalive_expiry=1)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120) as client:

            async def one(email: str, password: str, address: str, device: str) -> str:
                cookies = f"{settings.CSRF_COOKIE_NAME}={CSRF}"
                if device:
                    cookies += f"; {settings.DEVICE_COOKIE_NAME}={device}"
                async with gate:
                    answer = await client.post(
                        LOGIN,
                        headers={"Cookie": cookies, "X-Forwarded-For": address},
                        data={"login": email, "password": password, "csrfmiddlewaretoken": CSRF},
                    )
                return told(answer)

            return list(await asyncio.gather(*(one(*values) for values in tries)))

    return asyncio.run(run())


def guesses(email: str, number: int, address: str = "") -> list[Try]:
    return [(email, f"guess {turn}", address or f"203.0.{turn // 250}.{turn % 250}", "") for turn in range(number)]


def device_of_owner(email: str) -> str:
    request = RequestFactory().get("/")
    device_remember(request, account_key(email))
    cookie: str = DeviceMiddleware(lambda asked: HttpResponse())(request).cookies[settings.DEVICE_COOKIE_NAME].value
    return cookie


def test_thousand_guesses_reach_the_hasher_ten_times_and_the_owner_still_gets_in(serve: Any, counted: Any) -> None:
    owner = make_person()
    with serve(COUNTING) as url:
        answers = sign_in_all(url, guesses(owner.email, 1000), at_once=16)
        assert Counter(answers) == {"wrong": 10, "later": 990}
        assert counted() == 10
        assert sign_in_all(url, [(owner.email, PASSWORD, "192.0.2.9", "")], 1) == ["later"]
        device = device_of_owner(owner.email)
        assert sign_in_all(url, [(owner.email, PASSWORD, "192.0.2.9", device)], 1) == ["in"]
    mail = QueuedMail.objects.get()
    assert mail.to == owner.email
    assert "ten wrong passwords" in mail.body


def test_two_hundred_guesses_at_once_reach_the_hasher_ten_times(
    serve: Any, counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_HASH", "0.05")
    owner = make_person()
    with serve(COUNTING) as url:
        for email in (owner.email, "nobody@example.org"):
            before = counted()
            answers = sign_in_all(url, guesses(email, 200), at_once=200)
            assert Counter(answers) == {"wrong": 10, "later": 190}
            assert counted() - before == 10


def test_control_with_a_throttle_that_reads_before_it_writes_more_reach_the_hasher(
    serve: Any, counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_HASH", "0.05")
    owner = make_person()
    with serve(THROTTLED) as url:
        sign_in_all(url, guesses(owner.email, 200), at_once=200)
    assert counted() > 10


def make_students(number: int) -> list[str]:
    """People with one password, whose addresses are verified."""
    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        [User(email=f"student{turn}@example.org", name=f"Student {turn}", password=password) for turn in range(number)]
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people]
    )
    return [person.email for person in people]


def test_one_password_on_a_thousand_accounts_is_slowed_to_fifty(serve: Any, counted: Any) -> None:
    known = make_students(500)
    unknown = [f"nobody{turn}@example.org" for turn in range(500)]
    tries = [(email, "Spring2026!", "198.51.100.7", "") for pair in zip(known, unknown, strict=True) for email in pair]
    with serve(COUNTING) as url:
        answers = sign_in_all(url, tries, at_once=50)
        assert Counter(answers) == {"wrong": 50, "later": 950}
        assert counted() == 50
        assert sign_in_all(url, [(known[-1], PASSWORD, "192.0.2.9", "")], 1) == ["in"]


def test_two_thousand_honest_sign_ins_from_one_campus_are_all_served(serve: Any, counted: Any) -> None:
    """All from devices that were never seen, three of a hundred after a typing error."""
    students, campus = make_students(2000), "198.51.100.8"

    def tries(email: str, turn: int) -> list[Try]:
        right = (email, PASSWORD, campus, "")
        return [(email, PASSWORD[:-1], campus, ""), right] if turn % 33 == 0 else [right]

    told_by_person: dict[str, list[str]] = {}
    with serve(COUNTING) as url:
        for start in range(0, len(students), 100):
            batch = {email: tries(email, start + turn) for turn, email in enumerate(students[start : start + 100])}
            # Who mistypes tries again when the answer is there.
            for attempt in (0, 1):
                asked = [(email, values[attempt]) for email, values in batch.items() if len(values) > attempt]
                answers = sign_in_all(url, [values for _email, values in asked], at_once=16)
                for (email, _values), answer in zip(asked, answers, strict=True):
                    told_by_person.setdefault(email, []).append(answer)
    found = Counter(tuple(answers) for answers in told_by_person.values())
    assert found == {("in",): 1939, ("wrong", "in"): 61}
    assert not re.search("later", str(found))
