"""Postgres and Valkey together: embedded ones unless others are named."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from launcher import postgres, valkey
from launcher.processes import Child
from launcher.supervisor import Supervisor
from launcher.var import Var, write_private


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def embedded(var: Var, *, given: Mapping[str, str], durable: bool = True) -> tuple[list[Child], dict[str, str]]:
    """The servers to run, not yet started, and the addresses to hand to the portal.

    A server that `given` names by DATABASE_URL or REDIS_URL is not run; its address is handed on as it is, and with it
    DATABASE_OWNER_URL, if there is one.
    """
    children: list[Child] = []
    addresses: dict[str, str] = {}
    for variable, server in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
        if given.get(variable):
            names = (variable, "DATABASE_OWNER_URL") if server is postgres else (variable,)
            addresses |= {name: given[name] for name in names if given.get(name)}
            continue
        port = free_port()
        if server is postgres:
            children.append(postgres.child(var, port, durable=durable))
            addresses |= postgres.urls(var, port)
        else:
            children.append(valkey.child(var, port))
            addresses[variable] = valkey.url(var, port)
    return children, addresses


@contextmanager
def running(var: Var, *, given: Mapping[str, str], durable: bool = True) -> Iterator[dict[str, str]]:
    """Run the services of `var` while the block runs; yields their addresses as environment variables."""
    with var.locked(), Supervisor() as supervisor:
        children, addresses = embedded(var, given=given, durable=durable)
        supervisor.start(*children)
        with published(var, addresses):
            yield addresses


@contextmanager
def published(var: Var, addresses: dict[str, str]) -> Iterator[None]:
    """While the block runs, a shell can read the addresses: `set -a; . VAR/services.env`."""
    write_private(var.services_env, "".join(f"{name}='{value}'\n" for name, value in addresses.items()))
    try:
        yield
    finally:
        var.services_env.unlink(missing_ok=True)


def found(var: Var) -> dict[str, str] | None:
    """The addresses of services that run in `var` just now, or None."""
    if var.holder() is None or not var.services_env.exists():
        return None
    pairs = (line.split("=", 1) for line in var.services_env.read_text().splitlines())
    return {name: value.strip("'") for name, value in pairs}
