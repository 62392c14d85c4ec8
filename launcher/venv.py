"""The virtual environment: made once, installed from a lock file when that file has changed."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from launcher import LauncherError
from launcher.terminal import say
from launcher.var import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
# Five times faster than pip on a cold cache; it also resolves the lock files.
UV = "uv==0.13.8"


def install(lock: Path) -> None:
    """Bring the virtual environment to what `lock` lists. Does nothing when it was installed before.

    The development lock contains the other one, so the two never fight over a version.
    """
    if _installed(lock):
        return
    VENV.mkdir(exist_ok=True)
    with (VENV / ".installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if _installed(lock):
            return
        if not _usable():
            _create()
        say(f"Installing {len(_pins(lock))} packages from {lock.name}")
        if not _install_with_uv(lock):
            say("uv could not do it; installing with pip, which takes longer")
            _pip("install", "--only-binary=:all:", "-r", str(lock))
        for done in (LOCK, DEV_LOCK) if lock == DEV_LOCK else (lock,):
            _stamp(done).write_text(_digest(done))


def resolve() -> None:
    """Write both lock files anew from requirements.txt and requirements-dev.txt, for every platform.

    Versions already locked are kept unless a requirement forbids them. Side effect: installs uv.
    """
    _pip("install", UV)
    header = "# Written by `make lock`; change {} instead.\n"
    for source, lock in ((ROOT / "requirements.txt", LOCK), (ROOT / "requirements-dev.txt", DEV_LOCK)):
        arguments = ["--universal", "--python-version=3.11", "--no-header", "--no-annotate", "--quiet"]
        arguments += ["--constraint", str(LOCK)] if lock == DEV_LOCK else []
        subprocess.run(
            [VENV / "bin" / "uv", "pip", "compile", *arguments, source, "--output-file", lock],
            env=uv_environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        lock.write_text(header.format(source.name) + lock.read_text())


def package_directory(name: str) -> Path | None:
    """Where an installed package lies, without importing it: in this interpreter, else in the virtual environment."""
    spec = importlib.util.find_spec(name)
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0])
    return next(VENV.glob(f"lib/python3*/site-packages/{name}"), None)


def uv_environment() -> dict[str, str]:
    """The environment with pip's configuration in uv's words: uv ignores pip's mirror and certificate.

    What is already set for uv wins.
    """
    listing = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    settings: dict[str, str] = {}
    # Sorted by pip, its environment variables first: read backwards they win, as they do in pip.
    for line in reversed(listing.splitlines()):
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    known = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
        "proxy": "HTTPS_PROXY",
        "default-timeout": "UV_HTTP_TIMEOUT",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    found = {known[name]: " ".join(value.split()) for name, value in settings.items() if name in known}
    # pip looks for the best version in all indexes; uv stops at the first that has the package.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **found, **os.environ}


def _installed(lock: Path) -> bool:
    stamp = _stamp(lock)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == _digest(lock)


def _stamp(lock: Path) -> Path:
    return VENV / f".{lock.name}.sha256"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _pins(lock: Path) -> list[str]:
    return [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]


def _usable() -> bool:
    """Whether there is an environment with pip: one whose making was interrupted has a Python without."""
    return PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def _create() -> None:
    say(f"Creating the virtual environment in {VENV}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        raise LauncherError(
            "Python could not make a virtual environment (on Debian: apt-get install python3-venv).\n"
            + (made.stdout + made.stderr).strip()
        )


def _pip(*arguments: str) -> None:
    done = subprocess.run([PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments])
    if done.returncode:
        raise LauncherError(f"pip {arguments[0]} failed; its message stands above.")


def _install_with_uv(lock: Path) -> bool:
    try:
        _pip("install", UV)
    except LauncherError:
        return False
    command = [VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--no-build", "-r", lock]
    return subprocess.run(list(map(str, command)), env=uv_environment()).returncode == 0
