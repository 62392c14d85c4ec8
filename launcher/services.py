"""Postgres and Valkey together: embedded ones unless the environment names others."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from launcher import postgres, valkey
from launcher.processes import Child
from launcher.var import Var, write_private


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def embedded(var: Var, *, durable: bool = True, ignore_environment: bool = False) -> tuple[list[Child], dict[str, str]]:
    """The servers to run, not yet started, and the addresses to hand to the portal.

    A server that the environment names (DATABASE_URL, REDIS_URL) is not run; its address is handed on as it is.
    `ignore_environment` is for tests, which may never touch somebody's real database.
    """
    children: list[Child] = []
    addresses: dict[str, str] = {}
    given = {} if ignore_environment else os.environ
    for variable in ("DATABASE_URL", "REDIS_URL"):
        if given.get(variable):
            addresses[variable] = given[variable]
            continue
        port = free_port()
        if variable == "DATABASE_URL":
            children.append(postgres.child(var, port, durable=durable))
            addresses[variable] = postgres.url(var, port)
        else:
            children.append(valkey.child(var, port))
            addresses[variable] = valkey.url(var, port)
    return children, addresses


@contextmanager
def running(var: Var, *, durable: bool = True, ignore_environment: bool = False) -> Iterator[dict[str, str]]:
    """Run the services of `var` while the block runs; yields their addresses as environment variables."""
    with var.locked(), ExitStack() as stack:
        children, addresses = embedded(var, durable=durable, ignore_environment=ignore_environment)
        for child in children:
            stack.callback(child.stop)
            child.start()
        publish(var, addresses)
        stack.callback(var.services_env.unlink, missing_ok=True)
        yield addresses


def publish(var: Var, addresses: dict[str, str]) -> None:
    """Write the addresses where a shell can read them: `set -a; . VAR/services.env`."""
    write_private(var.services_env, "".join(f"{name}='{value}'\n" for name, value in addresses.items()))


def published(var: Var) -> dict[str, str] | None:
    """The addresses of services that run in `var` just now, or None."""
    if var.holder() is None or not var.services_env.exists():
        return None
    pairs = (line.split("=", 1) for line in var.services_env.read_text().splitlines())
    return {name: value.strip("'") for name, value in pairs}
