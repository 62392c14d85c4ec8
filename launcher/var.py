"""The directory that holds everything a running portal keeps: data, logs, pid files, secrets."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher import LauncherError

ROOT = Path(__file__).resolve().parent.parent


class Var:
    """One data directory. Two launchers never share it: `locked` sees to that."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        self.log = self.root / "log"
        self.run = self.root / "run"
        self.services_env = self.root / "services.env"

    def create(self) -> None:
        """Make the directory and its parts. A repeat changes nothing."""
        for directory in (self.root, self.log, self.run):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, name: str) -> str:
        """The secret of that name, generated once and kept in a file only its owner may read."""
        store = self.root / "secrets.json"
        known: dict[str, str] = json.loads(store.read_text()) if store.exists() else {}
        if name not in known:
            known[name] = secrets.token_hex(32)
            write_private(store, json.dumps(known, indent=1))
        return known[name]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process; raises `LauncherError` when another launcher has it.

        The kernel drops the lock when its holder dies, however it dies, so there is no stale state to clear.
        """
        self.create()
        with (self.run / "launcher.pid").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LauncherError(
                    f"{self.root} is already in use by the launcher with process id {self.holder()}; "
                    f'stop it first: make down VAR="{self.root}"'
                ) from None
            handle.truncate(0)
            handle.write(f"{os.getpid()}\n")
            handle.flush()
            yield

    def holder(self) -> int | None:
        """Process id of the launcher that holds this directory, or None."""
        try:
            with (self.run / "launcher.pid").open("r+") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(handle.read() or 0) or None
        except FileNotFoundError:
            pass
        return None


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file that only its owner may read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(path)
