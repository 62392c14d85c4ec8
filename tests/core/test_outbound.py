"""The portal calls no inside address, whatever the address looks like and whatever name servers answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from django.core.exceptions import ValidationError

from apps.core import outbound
from apps.core.outbound import Forbidden, OutboundSession, check_outbound, is_inside

INSIDE = [
    *(
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.100.100.200", "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "fc00::1", "fd12::1", "fe80::1"),
    *("fe80::1%eth0", "fec0::1", "ff02::1", "2002:7f00:1::", "2001:db8::1", "2001::1", "::127.0.0.1"),
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2400:3200::1"]


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.OUTBOUND_INSIDE_ALLOWED = False


class Canary(ThreadingHTTPServer):
    connections = 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.connections += 1
        return True


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * (outbound.LARGEST + 10 if self.path == "/large" else 2))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def canary() -> Iterator[Canary]:
    server = Canary(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", INSIDE)
def test_inside_address_is_known(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside_address_is_known(address: str) -> None:
    assert not is_inside(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.org",
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://localhost",
        "https://169.254.169.254/latest",
        "https://user@8.8.8.8",
        "https://8.8.8.8/?a=b",
        "https://8.8.8.8/#a",
        "ftp://8.8.8.8",
        "file:///etc/passwd",
        "https://",
        "8.8.8.8",
        "",
    ],
)
def test_address_that_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        check_outbound(url)


def test_public_address_is_taken() -> None:
    check_outbound("https://8.8.8.8/realms/school")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"])
def test_session_never_connects_inside(host: str, canary: Canary) -> None:
    with OutboundSession() as session, pytest.raises(requests.ConnectionError):
        session.get(f"http://{host}:{canary.server_port}/")
    assert canary.connections == 0


def test_name_that_changes_its_answer_leads_nowhere_else(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is what is connected to: a second answer is not asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        if host != "rebinding.example":
            return real(host, port, *args, **kwargs)
        return real("::1" if asked.count(host) == 1 else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    # The first answer stands for an outside address at which nobody listens.
    monkeypatch.setattr(outbound, "is_inside", lambda address: address != "::1")
    with OutboundSession() as session, pytest.raises(requests.ConnectionError):
        session.get(f"http://rebinding.example:{canary.server_port}/")
    assert canary.connections == 0
    assert asked.count("rebinding.example") == 1


def test_control_without_the_list_the_canary_is_reached(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "_INSIDE", [])
    with OutboundSession() as session:
        assert session.get(f"http://127.0.0.1:{canary.server_port}/").content == b"xx"
    assert canary.connections == 1


def test_session_follows_no_redirect_and_reads_no_flood(canary: Canary, settings: Any) -> None:
    settings.OUTBOUND_INSIDE_ALLOWED = True
    with OutboundSession() as session:
        assert session.get(f"http://127.0.0.1:{canary.server_port}/moved").status_code == 302
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://127.0.0.1:{canary.server_port}/large")
    assert canary.connections == 2


def test_proxy_of_the_environment_is_not_used(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{canary.server_port}")
    with OutboundSession() as session, pytest.raises((Forbidden, requests.ConnectionError)):
        session.get("http://127.0.0.1:1/")
    assert canary.connections == 0
