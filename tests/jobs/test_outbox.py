from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.jobs import outbox
from apps.jobs.models import IdempotentAnswer, OutboxMessage
from apps.jobs.outbox import MAX_ATTEMPTS, outbox_handler, outbox_relay, outbox_send
from apps.jobs.pruning import prune
from apps.jobs.tasks import prune_jobs
from tests.factories.organizations import make_person

pytestmark = pytest.mark.django_db
TOPIC = "tests.count"


class Killed(BaseException):
    """What ends a worker is no Exception."""


@pytest.fixture
def handled() -> Iterator[list[Any]]:
    """Numbers that the handler of the tests was given; the acts in ``during`` happen while it runs."""
    numbers: list[Any] = []

    @outbox_handler(TOPIC)
    def handle(payload: dict[str, Any]) -> None:
        numbers.append(payload["number"])
        during.get(payload["number"], lambda: None)()

    yield numbers
    during.clear()
    del outbox._handlers[TOPIC]


during: dict[int, Callable[[], object]] = {}


def send(*numbers: int) -> None:
    with transaction.atomic():
        for number in numbers:
            outbox_send(TOPIC, number=number)


def fail() -> None:
    raise ValueError("about 张三, born 2001")


def die() -> None:
    raise Killed


def make_due() -> None:
    OutboxMessage.objects.filter(done_at=None).update(available_at=timezone.now())


def message(number: int) -> OutboxMessage:
    return OutboxMessage.objects.get(payload__number=number)


def test_relay_handles_what_waits_once_and_in_order(handled: list[Any]) -> None:
    send(1, 2, 3)
    assert outbox_relay() == 3
    assert outbox_relay() == 0
    assert handled == [1, 2, 3]


def test_relay_stops_at_its_limit(handled: list[Any]) -> None:
    send(1, 2, 3)
    assert outbox_relay(limit=2) == 2
    assert handled == [1, 2]


def test_message_that_waits_for_its_time_is_left_alone(handled: list[Any]) -> None:
    send(1)
    OutboxMessage.objects.update(available_at=timezone.now() + timedelta(seconds=5))
    assert outbox_relay() == 0


def test_message_that_fails_is_tried_again_later_and_others_go_on(handled: list[Any]) -> None:
    during[2] = fail
    send(1, 2, 3)
    assert outbox_relay() == 2
    assert handled == [1, 2, 3]
    failed = message(2)
    assert failed.available_at > timezone.now() + timedelta(seconds=15)
    assert failed.error == "ValueError"
    assert outbox_relay() == 0


def test_message_that_fails_once_is_done_by_the_next_try(handled: list[Any]) -> None:
    during[1] = fail
    send(1)
    outbox_relay()
    during.clear()
    make_due()
    assert outbox_relay() == 1
    done = message(1)
    assert (done.attempts, done.error, done.failed_at) == (2, "", None)


def test_poison_among_a_hundred_is_given_up_after_five_tries_and_the_others_are_done(handled: list[Any]) -> None:
    during[50] = fail
    send(*range(100))
    for _try in range(MAX_ATTEMPTS + 2):
        outbox_relay()
        make_due()
    assert Counter(handled) == {number: MAX_ATTEMPTS if number == 50 else 1 for number in range(100)}
    assert OutboxMessage.objects.exclude(done_at=None).count() == 99
    assert message(50).failed_at is not None


def test_message_of_unknown_topic_is_given_up(handled: list[Any]) -> None:
    with transaction.atomic():
        outbox_send("nobody.listens")
    send(1)
    for _try in range(MAX_ATTEMPTS):
        outbox_relay()
        make_due()
    assert handled == [1]
    assert OutboxMessage.objects.get(topic="nobody.listens").error == "KeyError"


def test_what_a_failing_handler_wrote_is_undone(handled: list[Any]) -> None:
    during[1] = lambda: (make_person("Ghost"), fail())
    send(1)
    outbox_relay()
    assert not User.objects.filter(name="Ghost").exists()


def test_worker_that_dies_leaves_its_message_to_the_next_after_the_lease(handled: list[Any]) -> None:
    during[1] = die
    send(1)
    with pytest.raises(Killed):
        outbox_relay()
    during.clear()
    assert outbox_relay() == 0, "the lease still holds"
    make_due()
    assert outbox_relay() == 1
    assert message(1).attempts == 2


def test_message_that_kills_each_worker_is_given_up(handled: list[Any]) -> None:
    during[1] = die
    send(1)
    for _try in range(MAX_ATTEMPTS):
        with pytest.raises(Killed):
            outbox_relay()
        make_due()
    assert outbox_relay() == 0
    assert len(handled) == MAX_ATTEMPTS
    given_up = message(1)
    assert given_up.failed_at is not None
    assert given_up.error == "lease expired"


def test_two_handlers_of_one_topic_are_a_mistake(handled: list[Any]) -> None:
    with pytest.raises(ValueError, match=TOPIC):
        outbox_handler(TOPIC)(lambda payload: None)


def relay_in_threads(workers: int) -> None:
    ready = threading.Barrier(workers)

    def work() -> None:
        ready.wait(10)
        outbox_relay()
        connection.close()

    threads = [threading.Thread(target=work) for _worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_handle_each_message_once(handled: list[Any]) -> None:
    send(*range(60))
    relay_in_threads(2)
    assert sorted(handled) == list(range(60))
    assert not OutboxMessage.objects.filter(done_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_relays_without_locks_handle_some_message_twice(
    handled: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
    for sent in range(60, 601, 60):
        send(*range(60))
        relay_in_threads(2)
        if len(handled) > sent:
            return
    raise AssertionError("ten rounds without a lock and nothing was handled twice")


@pytest.mark.django_db(transaction=True)
def test_message_whose_lease_ran_out_while_it_is_handled_is_not_taken_by_another(handled: list[Any]) -> None:
    """The lease of a slow handler ends, but its row is locked: the other relay passes by."""
    others: list[int] = []

    def slow() -> None:
        def other() -> None:
            others.append(outbox_relay())
            connection.close()

        with_lease_over = threading.Thread(target=other)
        with_lease_over.start()
        with_lease_over.join(10)
        assert not with_lease_over.is_alive()

    during[1] = slow
    send(1)
    OutboxMessage.objects.update(available_at=timezone.now() - timedelta(hours=1))
    claimed = outbox._claim()
    assert claimed is not None
    make_due()
    assert outbox._handle(claimed)
    assert others == [0]
    assert handled == [1]


@pytest.mark.django_db(transaction=True)
def test_relay_that_was_overtaken_does_nothing(handled: list[Any]) -> None:
    """It claimed, slept longer than its lease, and finds that another one has done the message."""
    send(1)
    sleeper = outbox._claim()
    assert sleeper is not None
    make_due()
    assert outbox_relay() == 1
    assert not outbox._handle(sleeper)
    assert handled == [1]


def test_prune_deletes_what_is_long_over_and_nothing_else(handled: list[Any]) -> None:
    person, now = make_person(), timezone.now()
    long_ago, lately = now - timedelta(days=31), now - timedelta(days=29)
    send(1, 2, 3, 4)
    for number, values in {
        1: {"done_at": long_ago},
        2: {"done_at": lately},
        3: {"failed_at": long_ago, "created_at": long_ago},
        4: {"created_at": long_ago},
    }.items():
        OutboxMessage.objects.filter(payload__number=number).update(**values)
    for key, moment in {"old": long_ago, "new": lately}.items():
        IdempotentAnswer.objects.create(user=person, key=key, fingerprint="", status=201, body={})
        IdempotentAnswer.objects.filter(key=key).update(created_at=moment)
    assert prune() == 2
    assert {row.payload["number"] for row in OutboxMessage.objects.all()} == {2, 3, 4}
    assert [row.key for row in IdempotentAnswer.objects.all()] == ["new"]
    prune_jobs()
    assert prune(days=28) == 2
