"""A worker is killed in the middle of imports: every roster is in whole and once, and no job hangs.

Run ``ROSTER_SEED=<seed> make test ARGS="tests/stack/test_roster_crash.py"`` to repeat the moments of a failed run.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg2
import pytest

from launcher.stack import Stack, running_stack

pytestmark = pytest.mark.stack
STUDENTS = 3000
FILES = 5
KILLS = 2
STUCK_SECONDS = 120
ABOUT = "SELECT state, attempts, done, summary, message FROM jobs_jobrun WHERE id = %s"
PEOPLE = """
    SELECT count(*), count(DISTINCT person.email), count(DISTINCT profile.membership_id), count(profile.identity_sealed)
    FROM organizations_membership member JOIN accounts_user person ON person.id = member.user_id
    LEFT JOIN universities_studentprofile profile ON profile.membership_id = member.id
    WHERE member.organization_id = %s AND member.role = 'student'
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(processes=("worker", "beat")) as running:
        yield running


def ask(stack: Stack, sql: str, value: Any = None) -> tuple[Any, ...]:
    database = psycopg2.connect(stack.env["DATABASE_URL"])
    try:
        with database.cursor() as cursor:
            cursor.execute(sql, [value])
            row: tuple[Any, ...] = cursor.fetchone()
            return row
    finally:
        database.close()


def wait_for(condition: Callable[[], object], stack: Stack) -> None:
    end = time.monotonic() + STUCK_SECONDS
    while not condition():
        assert time.monotonic() < end, stack.log("worker")[-4000:]
        time.sleep(0.02)


def begin(stack: Stack, label: str) -> tuple[int, int]:
    """The ids of the university and of the job that takes its file over."""
    scene = f"from tests.stack.roster_scenes import *; ask_for_import({STUDENTS}, '{label}')"
    asked = json.loads(stack.manage("shell", "--no-imports", "-c", scene).splitlines()[-1])
    return asked["university"], asked["job"]


def kill(stack: Stack, job: int, university: int, attempt: int, seconds: float) -> bool:
    """Whether the job was at work when its worker was killed, so long after this attempt began."""

    def begun() -> bool:
        state, attempts, *_rest = ask(stack, ABOUT, job)
        return state == "done" or attempts >= attempt

    wait_for(begun, stack)
    time.sleep(seconds)
    stack.supervisor.children["worker"].kill()
    interrupted: bool = ask(stack, ABOUT, job)[0] == "running"
    if interrupted:
        assert ask(stack, PEOPLE, university)[0] == 0
    stack.start("worker")
    return interrupted


def test_killed_worker_leaves_no_half_and_no_double(stack: Stack) -> None:
    seed = os.environ.get("ROSTER_SEED") or str(random.randrange(10**9))
    dice = random.Random(seed)
    interrupted = 0
    for file in range(FILES):
        university, job = begin(stack, f"f{file}-")
        for attempt in range(1, KILLS + 1):
            interrupted += kill(stack, job, university, attempt, dice.random() * 1.5)
        wait_for(partial(is_done, stack, job), stack)
        assert ask(stack, PEOPLE, university) == (STUDENTS,) * 4, f"ROSTER_SEED={seed}"
        assert ask(stack, ABOUT, job)[3]["created"] == STUDENTS
        assert ask(stack, "SELECT count(*) FROM roster_row WHERE row <> %s", -1) == (0,)
    assert interrupted > 0


def is_done(stack: Stack, job: int) -> bool:
    state, *_rest, message = ask(stack, ABOUT, job)
    assert state in {"waiting", "running", "done"}, message
    return bool(state == "done")
