"""The whole portal as one thing: for `make up`, for tests that break parts of it, for benchmarks and screenshots."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher import portal, postgres, services
from launcher.supervisor import Supervisor
from launcher.terminal import say
from launcher.var import ROOT, Var
from launcher.venv import PYTHON


@dataclass(frozen=True)
class Stack:
    """A running portal. Names of its parts: postgres, valkey, worker, beat, web."""

    var: Var
    host: str
    port: int
    env: dict[str, str]
    supervisor: Supervisor

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def pid(self, name: str) -> int:
        """Process id of a running part; KeyError for an unknown one, RuntimeError when it does not run."""
        pid = self.supervisor.children[name].pid
        if pid is None:
            raise RuntimeError(f"{name} does not run")
        return pid

    def log(self, name: str) -> str:
        return self.supervisor.children[name].log.read_text(errors="replace")

    def stop(self, name: str) -> None:
        """Ask the part to leave and wait until it has."""
        self.supervisor.children[name].stop()

    def kill(self, name: str) -> None:
        """`kill -9` of the part's main process, as the kernel would when memory runs out; waits until it is gone."""
        os.kill(self.pid(name), signal.SIGKILL)
        self.supervisor.children[name].wait()

    def start(self, name: str) -> None:
        """Start a part that was stopped or killed; what its former self left is removed first."""
        self.supervisor.children[name].start()
        if name == "web":
            self.wait_until_served()

    def wait_until_served(self) -> None:
        """Return when the portal answers that it is healthy; `LauncherError` with the log when it does not."""
        self.supervisor.children["web"].wait_for(lambda: portal.serves(self.host, self.port))

    def manage(self, *arguments: str) -> str:
        """Run a management command on this portal and return what it printed; CalledProcessError when it fails."""
        return subprocess.run(
            [PYTHON, "manage.py", *arguments], env=self.env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        ).stdout


@contextmanager
def running_stack(
    var: Path | str | None = None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    processes: Iterable[str] = portal.PROCESSES,
    env: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    seed: str | None = None,
    durable: bool = False,
) -> Iterator[Stack]:
    """Run the portal while the block runs; it serves when the block is entered.

    `var`: its directory; without one a temporary directory that is removed afterwards.
    `processes`: those of worker, beat and web to run; the others can be neither started nor stopped later.
    `env`: further environment of the portal's processes, above everything else.
    `given`: DATABASE_URL and REDIS_URL of servers to use instead of embedded ones.
    `seed`: scale of the demo data to fill an empty database with. `durable`: for data that somebody wants to keep.
    Parts that die are not restarted unless the caller runs `stack.supervisor.watch()`.
    """
    with _directory(var) as place, place.locked(), Supervisor() as supervisor:
        port = port or services.free_port()
        portal.check_port(host, port)
        given = given or {}
        preparation = portal.Preparation(place, own_database=not given.get("DATABASE_URL"))
        if preparation.own_database:
            preparation.forget_lost_database(postgres.data_directory(place))
        children, addresses = services.embedded(place, given=given, durable=durable)
        if children:
            say(f"Starting {' and '.join(child.name for child in children)}")
        supervisor.start(*children)
        environment = portal.environment(place, addresses, host=host, port=port) | dict(env or {})
        with services.published(place, addresses):
            portal.compile_messages()
            preparation.migrate(environment)
            if seed:
                preparation.seed(environment, seed)
            preparation.collect_static(environment)
            supervisor.start(*portal.children(place, environment, host=host, port=port, names=processes))
            stack = Stack(place, portal.visible(host), port, environment, supervisor)
            if "web" in supervisor.children:
                stack.wait_until_served()
            yield stack


@contextmanager
def _directory(var: Path | str | None) -> Iterator[Var]:
    if var is not None:
        yield Var(var)
        return
    with scratch() as place:
        yield place


@contextmanager
def scratch() -> Iterator[Var]:
    """A data directory that is removed afterwards."""
    place = Var(tempfile.mkdtemp(prefix="collab-portal-"))
    place.create()
    try:
        yield place
    finally:
        shutil.rmtree(place.root, ignore_errors=True)
