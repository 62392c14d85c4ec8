"""The portal that is measured, and hello beside it: addresses on this machine and the CPU time of their processes."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks import BenchmarkError
from launcher.processes import Child
from launcher.services import free_port
from launcher.var import Var

HELLO = ("--worker-class=gthread", "--workers=2", "--threads=4", "--keep-alive=60", "--log-level=warning")
QUIET, PATIENCE = 0.1, 10.0


@dataclass(frozen=True)
class Stack:
    """`parts`: process ids by name, of the portal's pid files."""

    url: str
    var: Var
    parts: dict[str, int]
    hello_url: str = ""
    hello_pid: int = 0

    def portal_cpu(self) -> float:
        """Seconds that web server and database have used since they were started."""
        return cpu_seconds(self.parts["web"]) + cpu_seconds(self.parts["postgres"])

    def hello_cpu(self) -> float:
        return cpu_seconds(self.hello_pid)

    def settle(self) -> None:
        """Wait until what the last load left to the worker and the database is done, but not for long."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            before = sum(map(cpu_seconds, self.parts.values()))
            time.sleep(0.5)
            if sum(map(cpu_seconds, self.parts.values())) - before < QUIET * 0.5:
                return


@contextmanager
def running_beside() -> Iterator[Stack]:
    """The portal of the environment (`SITE_URL`, `VAR_DIR`) with hello running beside it while the block runs."""
    url, var = os.environ.get("SITE_URL", ""), Var(os.environ.get("VAR_DIR", "var"))
    for name in ("SITE_URL", "DATABASE_URL"):
        if urlsplit(os.environ.get(name, "")).hostname != "127.0.0.1":
            raise BenchmarkError(f"{name} does not lead to 127.0.0.1; run the benchmarks with make bench.")
    try:
        parts = {name: int((var.run / f"{name}.pid").read_text()) for name in ("web", "postgres", "worker")}
    except FileNotFoundError as error:
        raise BenchmarkError(f"{error.filename} is missing; run the benchmarks with make bench.") from error
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", *HELLO, f"--bind=127.0.0.1:{port}", "benchmarks.hello:application"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    hello_url = f"http://127.0.0.1:{port}"
    hello = Child("hello", command, var=var, env=environment, ready=lambda: answers(hello_url))
    try:
        hello.start()
        yield Stack(url, var, parts, hello_url, hello.pid or 0)
    finally:
        hello.stop()


def answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its descendants, those that have ended included."""
    root = psutil.Process(pid)
    seconds = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            seconds += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return seconds


def machine() -> str:
    """This machine in a few words."""
    models = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    }
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores ({', '.join(sorted(models)) or 'unknown'}), {memory:.0f} GiB"
