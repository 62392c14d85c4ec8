"""The launcher's tests run real servers and real processes in a directory with a name that breaks careless code."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher.var import ROOT, Var


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Var]:
    """A data directory whose path has a space and Chinese characters; the test fails when a process outlives it."""
    place = Var(tmp_path / "数据 data")
    yield place
    assert processes_of(place) == []


def processes_of(var: Var) -> list[str]:
    """Command lines of the processes that have to do with this directory."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd()]
        except psutil.Error:
            continue
        if any(str(var.root) in word for word in words):
            found.append(" ".join(words))
    return found


def wait_until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.05)


@pytest.fixture
def launch() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`launch("services", "--var", …)` runs the launcher as a user would, without the services of this test run."""
    started: list[subprocess.Popen[str]] = []
    addresses = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
    env = {name: value for name, value in os.environ.items() if name not in addresses}

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "launcher", *map(str, arguments)],
            cwd=ROOT,
            env=env | {"DEMO": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=60)
