"""The rate of API calls per token."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator
from rest_framework import exceptions

from apps.organizations import throttling
from apps.organizations.models import ApiToken, Membership
from apps.organizations.throttling import count_call, parse_rate
from tests.factories.organizations import make_member, make_university, rest_client

URL = "/api/v1/organizations/"


@pytest.fixture
def member(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def token_id() -> Any:
    """A key of its own in Redis, which other tests share."""
    key = -threading.get_ident()
    client = throttling._counter().registered_client
    names = [f"api-rate:{key}:{window}" for window in throttling.SECONDS.values()]
    client.delete(*names)
    yield key
    client.delete(*names)


@pytest.fixture
def forget(member: Membership) -> Any:
    def run() -> None:
        client = throttling._counter().registered_client
        for token in ApiToken.objects.all():
            client.delete(f"api-rate:{token.pk}:60", f"api-rate:{token.pk}:3600")

    yield run
    run()


def test_every_answer_says_what_is_left(settings: Any, member: Membership, forget: Any) -> None:
    settings.API_RATE = "3/min"
    client = rest_client(member)
    forget()
    for left in (2, 1, 0):
        answer = client.get(URL)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"token";q=3;w=60'
        assert answer.headers["RateLimit"].startswith(f'"token";r={left};t=')
    answer = client.get(URL)
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"].startswith('"token";r=0;t=')
    body = answer.json()
    assert body["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert (body["status"], body["violated-policies"]) == (429, ["token"])
    assert rest_client(member).get(URL).status_code == 200


def test_limit_counts_calls_at_the_same_moment(settings: Any, token_id: int) -> None:
    settings.API_RATE = "20/hour"
    barrier = threading.Barrier(60)

    def call(_turn: int) -> bool:
        barrier.wait()
        try:
            count_call(RequestFactory().get(URL), token_id)
        except exceptions.Throttled:
            return False
        return True

    with ThreadPoolExecutor(60) as threads:
        assert sum(threads.map(call, range(60))) == 20


def test_without_redis_the_api_goes_on(settings: Any, member: Membership) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttling._counter.cache_clear()
    try:
        answer = rest_client(member).get(URL)
    finally:
        throttling._counter.cache_clear()
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(("text", "rate"), [("600/min", (600, 60)), ("5/s", (5, 1)), ("10000/hour", (10000, 3600))])
def test_rate_is_read_from_the_settings(text: str, rate: tuple[int, int]) -> None:
    assert parse_rate(text) == rate


def test_every_operation_tells_of_the_limit() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    schema = throttling.describe_limit(schema)
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert set(operation["responses"]["429"]["headers"]) == {"Retry-After", "RateLimit-Policy", "RateLimit"}
