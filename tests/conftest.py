"""Fixtures for the whole suite. The database is a real Postgres: ``make test`` starts one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories.organizations import sign_in

_LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test speaks to another host."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in _LOCAL:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def as_member() -> Iterator[Any]:
    """``as_member(membership)`` gives a browser that is signed in and acts in that membership."""

    def client(membership: Any, **kwargs: Any) -> Client:
        browser = Client(**kwargs)
        sign_in(browser, membership)
        return browser

    yield client
    cache.clear()
