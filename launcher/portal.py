"""The portal itself: its environment, what must be true before it serves, and its three processes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from launcher import LauncherError
from launcher.processes import Child, die_with_parent
from launcher.terminal import say
from launcher.var import ROOT, Var, write_private
from launcher.venv import LOCK, PYTHON

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not bound
PROCESSES = ("worker", "beat", "web")


def environment(var: Var, addresses: Mapping[str, str], *, host: str, port: int) -> dict[str, str]:
    """What the portal's processes see. The caller's environment is kept, except for addresses, place and settings
    module (a test run has its own).
    """
    # The owner of another database would migrate that one.
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    return {
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "SECRET_KEY": var.secret("secret_key"),
        "FIELD_KEYS": f"own:{base64.b64encode(bytes.fromhex(var.secret('field_key'))).decode()}",
        "SITE_URL": f"http://{visible(host)}:{port}",
        **kept,
        **addresses,
        "DJANGO_SETTINGS_MODULE": "collab_portal.settings",
        "VAR_DIR": str(var.root),
    }


def check_port(host: str, port: int) -> None:
    """Raise `LauncherError` when the address is not free."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LauncherError(
                f"Port {port} on {host} cannot be used ({error.strerror}); choose another one: make up PORT={port + 1}"
            ) from None


def manage(env: Mapping[str, str], *arguments: str) -> None:
    """Run a management command; its output goes to the terminal. Raises `LauncherError` when it fails."""
    done = subprocess.run([PYTHON, "manage.py", *arguments], env=env, cwd=ROOT, preexec_fn=die_with_parent)
    if done.returncode:
        raise LauncherError(f"manage.py {arguments[0]} failed with status {done.returncode}; its message stands above.")


class Preparation:
    """What has to be done once before the portal serves, remembered in VAR so that the next start skips it.

    Each step is skipped while the files that it depends on are the same. A database that is not our own is asked
    every time, because others may change it.
    """

    def __init__(self, var: Var, *, own_database: bool) -> None:
        self.store = var.root / "prepared.json"
        self.done: dict[str, str] = json.loads(self.store.read_text()) if self.store.exists() else {}
        self.own_database = own_database

    def forget_lost_database(self, cluster: Path) -> None:
        """Forget what was done to our own database when it is gone.

        It is removed here when the first start ended while demo data was filled in: nobody has used it yet.
        """
        if self.own_database and self.done.get("demo") == "begun":
            say("The demo data was not finished the last time; starting with a new database")
            shutil.rmtree(cluster)
        if self.own_database and not cluster.exists():
            self.done = {}

    def migrate(self, env: Mapping[str, str]) -> None:
        state = _fingerprint([LOCK, ROOT / "apps/audit/database_role.py", *ROOT.glob("apps/*/migrations/*.py")])
        if self.own_database and self.done.get("migrations") == state:
            return
        say("Bringing the database up to date")
        manage(env, "migrate", "--noinput", "--verbosity=0")
        if env.get("DATABASE_OWNER_URL"):
            manage(env, "grant_application_role", str(urlsplit(env["DATABASE_URL"]).username), "--verbosity=0")
        self._remember("migrations", state)

    def collect_static(self, env: Mapping[str, str]) -> None:
        files = (path for root in [ROOT / "static", *ROOT.glob("apps/*/static")] for path in root.rglob("*"))
        state = _fingerprint([LOCK, *files])
        if self.done.get("static") == state:
            return
        say("Collecting static files")
        manage(env, "collectstatic", "--noinput", "--verbosity=0")
        self._remember("static", state)

    def seed(self, env: Mapping[str, str], scale: str) -> None:
        """Fill an empty database with demo data, once; one that holds people already is left alone."""
        if self.done.get("demo") == "complete":
            return
        people = "from django.contrib.auth import get_user_model as user; raise SystemExit(user().objects.exists())"
        if subprocess.run([PYTHON, "manage.py", "shell", "--no-imports", "-c", people], env=env, cwd=ROOT).returncode:
            return
        say(f"Filling the database with demo data ({scale})")
        self._remember("demo", "begun")
        manage(env, "seed_demo", "--scale", scale, "--seed", "1")
        self._remember("demo", "complete")

    def _remember(self, step: str, state: str) -> None:
        self.done[step] = state
        write_private(self.store, json.dumps(self.done, indent=1))


def compile_messages() -> None:
    """Write the translations that are newer than their compiled form."""
    catalogues = [*ROOT.glob("locale/*/LC_MESSAGES/*.po"), *ROOT.glob("apps/*/locale/*/LC_MESSAGES/*.po")]
    stale = [po for po in catalogues if not _newer(po.with_suffix(".mo"), po)]
    if stale:
        say("Compiling the translations")
        subprocess.run([PYTHON, "-m", "launcher.messages", *stale], cwd=ROOT, check=True)


def children(
    var: Var, env: Mapping[str, str], *, host: str, port: int, names: Iterable[str] = PROCESSES
) -> list[Child]:
    """The portal's processes of these names, not yet started."""
    web = ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"{host}:{port}"]
    celery = ["celery", "-A", "collab_portal"]
    worker = [*celery, "worker", "-c", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    # Without a pid file: a stale one would block the start.
    beat = [*celery, "beat", "-S", "django", "--pidfile=", "--loglevel", "INFO"]
    commands = {"worker": worker, "beat": beat, "web": web}
    env = {name: value for name, value in env.items() if name != "DATABASE_OWNER_URL"}
    return [Child(name, [str(PYTHON), "-m", *commands[name]], var=var, env=env) for name in names]


def serves(host: str, port: int) -> bool:
    """Whether the portal at this address says that it is healthy. Asks directly, whatever proxy is configured."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{visible(host)}:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def visible(host: str) -> str:
    """The host to type into a browser on this machine."""
    return "127.0.0.1" if host in EVERY_ADDRESS else host


def _fingerprint(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime
