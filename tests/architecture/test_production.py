"""The portal under the settings of production: what it refuses to start with, and what it shows when it runs."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.db import connection

from launcher.stack import running_stack
from launcher.var import ROOT

HOST = "portal.example.edu"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "collab_portal.settings",
    "SITE_URL": f"https://{HOST}",
    "SECRET_KEY": SECRET,
    "FIELD_KEYS": f"k1:{base64.b64encode(bytes(range(32))).decode()}",
    "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
    "TRUSTED_PROXY_COUNT": "1",
    "DEBUG": "0",
}


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in (os.environ | PRODUCTION | changes).items() if value != "UNSET"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_for_deployment_finds_nothing() -> None:
    found = manage("check", "--deploy", "--fail-level", "WARNING")
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


def test_control_the_check_finds_a_portal_without_https() -> None:
    found = manage("check", "--deploy", "--fail-level", "WARNING", SITE_URL="http://portal.example.edu")
    assert found.returncode == 1
    assert "security.W004" in found.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": "UNSET"}, "SECRET_KEY must be set when SITE_URL is https"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set when SITE_URL is https"),
        ({"FIELD_KEYS": "UNSET"}, "FIELD_KEYS must be set when SITE_URL is https"),
        ({"DEBUG": "1"}, "it must be off when SITE_URL is https"),
    ],
)
def test_portal_does_not_start_without_its_secrets(changes: dict[str, str], words: str) -> None:
    found = manage("check", **changes)
    assert found.returncode != 0
    assert words in found.stderr


@pytest.fixture(scope="module")
def production(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The web server of production on the database of the tests."""
    with django_db_blocker.unblock():
        address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    given = {"DATABASE_URL": address, "REDIS_URL": os.environ["REDIS_URL"]}
    with running_stack(processes=("web",), given=given, env=PRODUCTION) as stack:
        yield stack


def ask(production: Any, method: str, path: str, **headers: str) -> httpx.Response:
    """As the proxy of the portal asks."""
    proxied = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.4"}
    return httpx.request(method, production.url + path, headers=proxied | headers)


@pytest.mark.stack
class TestRunning:
    def test_sign_in_page_and_its_static_files_are_served_with_the_headers(self, production: Any) -> None:
        page = ask(production, "GET", "/accounts/login/")
        assert page.status_code == 200
        assert all(cookie.startswith("__Host-") for cookie in page.headers.get_list("Set-Cookie"))
        sheets = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        assert sheets
        sheet = ask(production, "GET", sheets[0])
        assert sheet.status_code == 200
        assert "immutable" in sheet.headers["Cache-Control"]
        for answer in (page, sheet):
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/.git/config", 404),
            ("GET", "/.env", 404),
            ("GET", "/gallery/", 404),
            ("GET", "/api/v1/schema/", 401),
            ("GET", "/api/v1/docs/", 401),
            ("GET", "/admin/", 302),
            ("GET", "/media/", 404),
            ("GET", "/static/../manage.py", 404),
            ("GET", "/static/%2e%2e/manage.py", 404),
            ("TRACE", "/healthz", 405),
        ],
    )
    def test_nothing_of_the_inside_is_open(self, production: Any, method: str, path: str, status: int) -> None:
        answer = ask(production, method, path)
        assert answer.status_code == status
        for inside in ("DJANGO_SETTINGS_MODULE", "Traceback", "urlpatterns", SECRET):
            assert inside not in answer.text

    def test_unknown_host_is_refused(self, production: Any) -> None:
        assert ask(production, "GET", "/accounts/login/", Host="evil.example").status_code == 400

    def test_forwarded_host_is_not_believed(self, production: Any) -> None:
        page = ask(production, "GET", "/agreements/", **{"X-Forwarded-Host": "evil.example"})
        assert page.status_code == 302
        assert "evil.example" not in page.headers["Location"] + page.text

    def test_request_that_is_no_http_is_refused(self, production: Any) -> None:
        with socket.create_connection((production.host, production.port), timeout=10) as raw:
            head = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            raw.sendall(head.encode())
            assert b" 400 " in raw.recv(200)

    def test_broken_page_shows_no_trace_and_no_secret(self, production: Any, django_db_blocker: Any) -> None:
        with django_db_blocker.unblock(), _without_table("django_session"):
            answer = ask(
                production, "GET", "/accounts/login/", Cookie="__Host-session=abcdefghijklmnopqrstuvwxyz012345"
            )
        assert answer.status_code == 500
        assert "Something broke" in answer.text
        for inside in ("Traceback", "django_session", "ProgrammingError", "/apps/", "postgres", SECRET):
            assert inside not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert SECRET not in production.log("web")


@contextmanager
def _without_table(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")
