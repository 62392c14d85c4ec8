"""One event to two thousand people while the worker that tells them is killed: nobody is left out, nobody is told twice.

Run ``FAN_OUT_SEED=<seed> make test ARGS="tests/stack/test_fan_out.py"`` to repeat the moments of a failed run.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import connection

from apps.notifications.services import deliver
from launcher.stack import Stack, running_stack
from tests.factories.organizations import make_person
from tests.notifications.cases import tell

PEOPLE = 2000
LEASE_SECONDS = 8
GATE = 4711
"""Number of the advisory lock at which the statement of the fan-out is held."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    lease = {"OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS)}
    with running_stack(processes=("worker", "beat"), env=lease) as running:
        yield running


@contextmanager
def session(stack: Stack, role: str = "DATABASE_OWNER_URL") -> Iterator[Any]:
    """A cursor of a connection of its own, in one transaction that is rolled back."""
    database = psycopg2.connect(stack.env[role])
    try:
        with database.cursor() as cursor:
            yield cursor
    finally:
        database.close()


def ask(stack: Stack, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with session(stack) as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def wait_for(condition: Callable[[], object], stack: Stack, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, stack.log("worker")[-4000:]
        time.sleep(0.05)


def people_told(cursor: Any, key: str) -> Counter[int]:
    """How often each person has the notice of this event."""
    cursor.execute(
        "SELECT user_id FROM notifications_delivery AS delivery JOIN notifications_notification AS notification"
        " ON notification.id = delivery.notification_id WHERE notification.key = %s",
        [key],
    )
    return Counter(user for (user,) in cursor.fetchall())


def tell_many(stack: Stack) -> tuple[str, set[int]]:
    """An agreement is taken back whose parties have two thousand signers; returns the event's key and the people."""
    scene = f"from tests.stack.scenes import *; take_back_from({PEOPLE})"
    event = json.loads(stack.manage("shell", "--no-imports", "-c", scene))
    assert len(event["people"]) == PEOPLE
    return event["key"], set(event["people"])


def kill_worker(stack: Stack) -> None:
    """SIGKILL to the worker and the processes of its pool."""
    stack.pid("worker")
    stack.supervisor.children["worker"].kill()


def settle_and_check(stack: Stack, key: str, people: set[int], kills: int) -> None:
    """Wait until the event is done and its mail is sent; then each has one notice, and at most one mail a kill twice."""

    def done() -> bool:
        (message,) = ask(stack, "SELECT done_at, failed_at FROM jobs_outboxmessage WHERE payload->>'key' = %s", key)
        assert message[1] is None, "the event was given up"
        return message[0] is not None

    def mailed() -> bool:
        return ask(
            stack,
            "SELECT count(*) FROM notifications_delivery AS delivery JOIN notifications_notification AS notification"
            " ON notification.id = delivery.notification_id WHERE key = %s AND mail_state <> 'sent'",
            key,
        ) == [(0,)]

    wait_for(done, stack)
    wait_for(mailed, stack)
    with session(stack) as cursor:
        assert people_told(cursor, key) == Counter(people)
    ((notification,),) = ask(stack, "SELECT id FROM notifications_notification WHERE key = %s", key)
    mails = message_ids(stack)
    sent = [mails[message_id(notification, person)] for person in people]
    assert min(sent) == 1
    assert sum(sent) - len(sent) <= kills


def message_ids(stack: Stack) -> Counter[str]:
    """How often each mail lies in the portal's mail directory."""
    found: Counter[str] = Counter()
    for file in (stack.var.root / "mail").iterdir():
        lines = file.read_text(errors="replace").splitlines()
        found.update(line.removeprefix("Message-ID: ") for line in lines if line.startswith("Message-ID: "))
    return found


def message_id(notification: int, person: int) -> str:
    return f"<{hashlib.sha256(f'{notification}:{person}'.encode()).hexdigest()[:32]}@portal>"


def waits(stack: Stack, statement: str) -> bool:
    """Whether a connection of the portal, whose statements only its own role sees, stands at a lock in one like this."""
    with session(stack, "DATABASE_URL") as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s", [f"{statement}%"]
        )
        return bool(cursor.fetchone() != (0,))


@contextmanager
def held_at_the_thousandth_row(stack: Stack) -> Iterator[str]:
    """The INSERT of the fan-out waits when it has written half of its rows."""
    database = psycopg2.connect(stack.env["DATABASE_OWNER_URL"])
    database.autocommit = True
    try:
        with database.cursor() as cursor:
            cursor.execute(f"""
                CREATE SEQUENCE rows_of_the_test;
                CREATE FUNCTION wait_in_the_middle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF nextval('rows_of_the_test') = {PEOPLE // 2} THEN PERFORM pg_advisory_xact_lock({GATE}); END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER wait_in_the_middle BEFORE INSERT ON notifications_delivery
                    FOR EACH ROW EXECUTE FUNCTION wait_in_the_middle();
                SELECT pg_advisory_lock({GATE})""")
            yield "INSERT INTO notifications_delivery"
            cursor.execute(f"SELECT pg_advisory_unlock({GATE})")
            cursor.execute("""
                DROP TRIGGER wait_in_the_middle ON notifications_delivery;
                DROP FUNCTION wait_in_the_middle; DROP SEQUENCE rows_of_the_test""")
    finally:
        database.close()


@contextmanager
def held_at_the_commit(stack: Stack) -> Iterator[str]:
    """All rows are written; the COMMIT waits, because it has to see that each person still exists."""
    with session(stack) as cursor:
        cursor.execute("SELECT id FROM accounts_user FOR UPDATE")
        yield "COMMIT"


@pytest.mark.stack
@pytest.mark.parametrize("hold", [held_at_the_thousandth_row, held_at_the_commit])
def test_worker_killed_in_the_middle_of_the_fan_out_tells_each_person_once(hold: Any, stack: Stack) -> None:
    stack.manage("shell", "--no-imports", "-c", f"from tests.stack.scenes import *; signers({PEOPLE})")
    with hold(stack) as statement:
        key, people = tell_many(stack)
        wait_for(lambda: waits(stack, statement), stack)
        with session(stack) as cursor:
            assert not people_told(cursor, key), "nothing may be seen before all of it is"
        kill_worker(stack)
    stack.start("worker")
    settle_and_check(stack, key, people, kills=1)


@pytest.mark.stack
def test_worker_killed_at_random_moments_tells_each_person_once(stack: Stack) -> None:
    seed = int(os.environ.get("FAN_OUT_SEED", random.randrange(10**6)))
    print(f"FAN_OUT_SEED={seed}")  # noqa: T201  # shown with a failure
    moments = random.Random(seed)
    key, people = tell_many(stack)
    kills = 3
    for _kill in range(kills):
        # From before the worker is up, through the fan-out, into the mail.
        time.sleep(moments.uniform(0, 8))
        kill_worker(stack)
        stack.start("worker")
    settle_and_check(stack, key, people, kills=kills)


@pytest.mark.django_db
@pytest.mark.parametrize("guarded", [True, False])
def test_repeated_delivery_doubles_only_without_the_unique_key(guarded: bool) -> None:
    """The control: what the tests above count would be wrong if the guard were missing."""

    def without_guard(execute: Any, sql: str, *rest: Any) -> Any:
        return execute(sql.replace("ON CONFLICT (notification_id, user_id) DO NOTHING", ""), *rest)

    people = [make_person() for _person in range(3)]
    message = {"kind": "tests_noticed", "key": "tests_noticed:1", "payload": {"people": [p.pk for p in people]}}
    with connection.cursor() as cursor:
        if guarded:
            tell(*people)
            deliver(message)
        else:
            cursor.execute("ALTER TABLE notifications_delivery DROP CONSTRAINT delivery_once_each")
            with connection.execute_wrapper(without_guard):
                tell(*people)
                deliver(message)
        assert people_told(cursor, "tests_noticed:1") == Counter({person.pk: 1 if guarded else 2 for person in people})
