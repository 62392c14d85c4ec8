"""A web server of one test: gunicorn as in production, on the database of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from launcher.services import free_port

ROOT = Path(__file__).resolve().parents[2]
GUARD = "position_never_over_capacity"


@pytest.fixture
def serve(tmp_path: Path, transactional_db: None) -> Any:
    """``with serve(wsgi) as url``: two workers with eight threads, with data that the test has committed."""

    @contextmanager
    def running(wsgi: str = "collab_portal.wsgi") -> Iterator[str]:
        url = f"http://127.0.0.1:{free_port()}"
        log = tmp_path / "web.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                    *("--bind", url.removeprefix("http://"), "--workers", "2", "--threads", "8", wsgi),
                ],
                cwd=ROOT,
                env=os.environ
                | dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), _database_url())
                | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait_until_served(server, url, log)
                yield url
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(timeout=20)

    return running


def _database_url() -> str:
    settings = connection.settings_dict
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)


def _wait_until_served(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the web server does not serve:\n{log.read_text()}")


@pytest.fixture
def without_constraint(transactional_db: None) -> Iterator[None]:
    """The test's database without the constraint that no position is over capacity, which comes back afterwards."""
    table = "bases_position"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [GUARD])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {GUARD}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET taken = places WHERE taken > places")  # noqa: S608  # our own names
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {GUARD} {definition}")
