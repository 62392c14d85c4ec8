"""The schedule with a real beat and a real worker: due dates that were missed are made good, once."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import redis

from launcher.stack import Stack, running_stack
from launcher.var import ROOT
from launcher.venv import PYTHON

pytestmark = pytest.mark.stack
TICK = "evaluations.open_due_rounds"


@pytest.fixture
def stack() -> Iterator[Stack]:
    with running_stack(processes=("worker", "beat"), env={"ROUND_CHECK_SECONDS": "1"}) as running:
        yield running


@pytest.fixture
def senders(stack: Stack) -> Iterator[list[str]]:
    """Who sent each tick that opens rounds, in order, as the broker saw it: one entry for every message."""
    found: list[str] = []
    broker = redis.Redis.from_url(stack.env["REDIS_URL"], socket_timeout=None)

    def listen(monitor: Any) -> None:
        with contextlib.suppress(redis.ConnectionError):
            for seen in monitor.listen():
                if seen["command"].startswith("LPUSH") and TICK in seen["command"]:
                    found.append(seen["client_port"])

    with broker.monitor() as monitor:
        listener = threading.Thread(target=listen, args=[monitor])
        listener.start()
        yield found
        stack.stop("worker")
        stack.supervisor.children["valkey"].stop()
        listener.join(20)
    broker.close()


def rows(stack: Stack, sql: str, plans: list[int]) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(stack.env["DATABASE_OWNER_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, {"plans": plans})
            return cursor.fetchall()
    finally:
        connection.close()


def opened(stack: Stack, plans: list[int]) -> dict[str, list[tuple[Any, ...]]]:
    """What opening has left behind: the rounds of each plan, their sheets, notices and deliveries."""
    statements = {
        "rounds": """
            SELECT plan_id, due_on FROM evaluations_evaluationround WHERE plan_id = ANY(%(plans)s) ORDER BY 1, 2""",
        "sheets": """
            SELECT round.id, count(*) FROM evaluations_evaluationround AS round
            JOIN evaluations_evaluation AS sheet ON sheet.round_id = round.id
            WHERE round.plan_id = ANY(%(plans)s) GROUP BY 1""",
        "messages": """
            SELECT message.id FROM evaluations_evaluationround AS round
            JOIN jobs_outboxmessage AS message ON message.payload->>'key' = 'round_opened:' || round.id
            WHERE round.plan_id = ANY(%(plans)s)""",
        "deliveries": """
            SELECT notice.id, delivery.user_id FROM evaluations_evaluationround AS round
            JOIN notifications_notification AS notice ON notice.key = 'round_opened:' || round.id
            JOIN notifications_delivery AS delivery ON delivery.notification_id = notice.id
            WHERE round.plan_id = ANY(%(plans)s)""",
    }
    return {name: rows(stack, sql, plans) for name, sql in statements.items()}


@contextmanager
def second_beat(stack: Stack) -> Iterator[None]:
    """Another beat beside the first, as an operator's mistake would start it."""
    command = [PYTHON, "-m", "celery", "-A", "collab_portal", "beat", "-S", "django", "--pidfile="]
    beat = subprocess.Popen(command, cwd=ROOT, env=stack.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
        assert beat.poll() is None
    finally:
        beat.terminate()
        beat.wait(20)


@pytest.mark.parametrize(("beats", "plan_count"), [(1, 1), (2, 8)])
def test_beat_that_missed_three_due_dates_opens_each_round_once(
    beats: int, plan_count: int, stack: Stack, senders: list[str]
) -> None:
    stack.stop("beat")
    scene = f"from tests.stack.scenes import *; plans_with_three_missed_dates({plan_count})"
    plans = json.loads(stack.manage("shell", "--no-imports", "-c", scene))
    time.sleep(3)
    assert opened(stack, plans)["rounds"] == []

    senders.clear()
    with second_beat(stack) if beats == 2 else contextlib.nullcontext():
        stack.start("beat")
        wait_for(lambda: len(opened(stack, plans)["deliveries"]) >= 2 * 3 * plan_count, stack)
        told = len(senders)
        wait_for(lambda: len(senders) >= told + 5 * beats and len(set(senders)) == beats, stack)

    found = opened(stack, plans)
    assert [plan for plan, _due in found["rounds"]] == [plan for plan in plans for _date in range(3)]
    assert len(set(found["rounds"])) == 3 * plan_count
    assert [sheets for _round, sheets in found["sheets"]] == [4] * 3 * plan_count
    assert len(found["messages"]) == 3 * plan_count
    assert len(found["deliveries"]) == len(set(found["deliveries"])) == 2 * 3 * plan_count


def wait_for(condition: Callable[[], bool], stack: Stack, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, stack.log("beat")[-2000:] + stack.log("worker")[-4000:]
        time.sleep(0.2)
