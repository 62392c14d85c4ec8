from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from apps.agreements.models import Agreement
from apps.jobs.models import IdempotentAnswer
from apps.organizations.models import Membership
from tests.factories.agreements import agreement_values
from tests.factories.organizations import make_enterprise, make_member, make_university, rest_client

pytestmark = pytest.mark.django_db
URL = "/api/v1/agreements/"


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


def body(**values: Any) -> dict[str, Any]:
    data = agreement_values(**values)
    data |= {"starts_on": str(data["starts_on"]), "ends_on": str(data["ends_on"])}
    return {"parties": [make_enterprise().code]} | data | values


def post(client: Any, data: dict[str, Any], key: str = "k") -> Any:
    return client.post(URL, data, HTTP_IDEMPOTENCY_KEY=key)


def test_same_key_and_body_give_the_same_answer_and_one_effect(school: Membership) -> None:
    client, data = rest_client(school), body()
    answers = [post(client, data) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert Agreement.objects.count() == 1


def test_another_key_or_none_makes_another(school: Membership) -> None:
    client, data = rest_client(school), body()
    post(client, data, "a")
    post(client, data, "b")
    client.post(URL, data)
    assert Agreement.objects.count() == 3


def test_same_key_with_another_body_is_refused(school: Membership) -> None:
    client, data = rest_client(school), body()
    post(client, data)
    answer = post(client, data | {"title": "Another"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Agreement.objects.count() == 1


def test_same_key_of_another_person_is_another_request(school: Membership) -> None:
    data = body()
    post(rest_client(school), data)
    assert post(rest_client(make_member(school.organization)), data).status_code == 201
    assert Agreement.objects.count() == 2


def test_same_key_in_another_membership_tells_nothing_of_the_first(school: Membership) -> None:
    elsewhere = make_member(make_enterprise(), user=school.user)
    data = body()
    first = post(rest_client(school), data).json()
    answer = post(rest_client(elsewhere), data)
    assert answer.status_code == 422
    assert first["number"] not in answer.content.decode()


@pytest.mark.parametrize("bad", [{"title": ""}, {"parties": ["nobody"]}, {"ends_on": "2001-01-01"}])
def test_refusal_is_not_remembered(bad: dict[str, Any], school: Membership) -> None:
    client, data = rest_client(school), body()
    assert post(client, data | bad).status_code == 400
    assert not IdempotentAnswer.objects.exists()
    assert post(client, data).status_code == 201


def test_key_that_is_too_long_is_refused(school: Membership) -> None:
    assert post(rest_client(school), body(), "k" * 101).status_code == 400
    assert not Agreement.objects.exists()


def until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_repeat_while_the_first_is_in_flight_is_refused_and_answered_afterwards(school: Membership) -> None:
    first, second = rest_client(school), rest_client(school)
    data = body()

    def send() -> Any:
        try:
            return post(first, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE agreements_agreement IN EXCLUSIVE MODE")
            in_flight = pool.submit(send)
            until_somebody_waits_for_a_lock()
            started = time.monotonic()
            # Its own connection, so that it meets the first as another request does.
            with ThreadPoolExecutor(1) as another:
                refused = another.submit(lambda: (post(second, data), connection.close())[0]).result()
            assert refused.status_code == 409
            assert time.monotonic() - started < 5
        done = in_flight.result()
    assert done.status_code == 201
    assert post(second, data).json() == done.json()
    assert Agreement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_have_one_effect(school: Membership) -> None:
    clients, data = [rest_client(school) for _client in range(8)], body()

    def send(client: Any) -> int:
        try:
            status: int = post(client, data).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, clients))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Agreement.objects.count() == 1
