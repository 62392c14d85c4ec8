"""The verbs of `python3 -m launcher`; `make` calls them by the same names."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from launcher import LauncherError, portal, services, venv
from launcher.processes import die_with_parent
from launcher.stack import Stack, running_stack, scratch
from launcher.terminal import complain, end_on_signals, say
from launcher.var import ROOT, Var

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def up(arguments: argparse.Namespace) -> int:
    """Run the portal until Ctrl-C or `down`."""
    var = Var(arguments.var)
    if var.holder() is None:
        # Asked again under the lock; here so that nothing is installed for a start that cannot be.
        portal.check_port(arguments.host, arguments.port)
        venv.install(venv.LOCK)
    with running_stack(
        var.root,
        host=arguments.host,
        port=arguments.port,
        given=os.environ,
        seed=None if os.environ.get("DEMO") == "0" else "small",
        durable=True,
    ) as stack:
        say(f"The portal runs at {stack.url}  (logs in {var.log}; stop it with Ctrl-C or make down)")
        show_demo_logins(stack)
        try:
            stack.supervisor.watch()
        except SystemExit:
            say("Stopping")
    return 0


def show_demo_logins(stack: Stack) -> None:
    """Print one demo login for each role; a portal without demo data has none to show."""
    if os.environ.get("DEMO") == "0":
        return
    try:
        print(stack.manage("demo_logins"), flush=True)
    except subprocess.CalledProcessError as error:
        complain(f"the demo logins cannot be shown: manage.py demo_logins failed with status {error.returncode}")


def down(arguments: argparse.Namespace) -> int:
    """Stop the portal of this directory and return when nothing of it runs any more."""
    var = Var(arguments.var)
    holder = var.holder()
    if holder is None:
        say(f"Nothing runs in {var.root}")
        return 0
    os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + 90
    while var.holder() == holder:
        if time.monotonic() > deadline:
            raise LauncherError(f"the launcher with process id {holder} did not stop within 90 s; see {var.log}")
        time.sleep(0.1)
    say("Stopped")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Print what runs in this directory; exit status 3 when nothing does."""
    var = Var(arguments.var)
    holder = var.holder()
    if holder is None:
        print(f"Nothing runs in {var.root}")
        return 3
    print(f"{'launcher':10} {holder}")
    for file in sorted(var.run.glob("*.pid")):
        if file.stem != "launcher":
            print(f"{file.stem:10} {file.read_text().strip()}")
    return 0


def run_services(arguments: argparse.Namespace) -> int:
    """Run Postgres and Valkey alone and print their addresses."""
    with services.running(Var(arguments.var), given={}) as addresses:
        for name, value in addresses.items():
            print(f"{name}={value}", flush=True)
        signal.pause()
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run one command with the services of this directory, starting them only when they do not run."""
    venv.install(venv.DEV_LOCK if arguments.dev else venv.LOCK)
    var = Var(arguments.var)
    addresses = services.found(var)
    if addresses is not None:
        return call(arguments.command, portal_environment(var, addresses))
    with services.running(var, given=os.environ) as addresses:
        return call(arguments.command, portal_environment(var, addresses))


def portal_environment(var: Var, addresses: Mapping[str, str]) -> dict[str, str]:
    return portal.environment(var, addresses, host="127.0.0.1", port=8000)


def stack(arguments: argparse.Namespace) -> int:
    """Run one command beside a whole portal, whose address it finds in SITE_URL."""
    venv.install(venv.DEV_LOCK)
    env = {"SITE_URL": f"http://127.0.0.1:{arguments.port}"} if arguments.port else {}
    with running_stack(
        arguments.var, port=arguments.port, seed=arguments.seed, env=env, durable=arguments.var is not None
    ) as portal_stack:
        return call(arguments.command, with_browser(portal_stack.env | {"SITE_URL": portal_stack.url}))


def test(arguments: argparse.Namespace) -> int:
    """Run the test suite with Postgres and Valkey of its own, in a directory that is removed afterwards."""
    venv.install(venv.DEV_LOCK)
    portal.compile_messages()
    with scratch() as var, services.running(var, given={}, durable=False) as addresses:
        env = with_browser({**os.environ, **addresses, "VAR_DIR": str(var.root / "portal")})
        if "CHROMIUM" not in env:
            say("No Chromium was found: the browser tests are skipped (on Debian: apt-get install chromium)")
        return call(["pytest", "-n", "2", "--dist", "loadgroup", *arguments.command], env)


def lint(arguments: argparse.Namespace) -> int:
    """Run every check of form and types; all of them, so that one run shows all there is to mend."""
    venv.install(venv.DEV_LOCK)
    checks = (
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "djlint --lint --quiet templates",
        "lint-imports",
        "python manage.py makemigrations --check --dry-run",
    )
    with scratch() as var, services.running(var, given={}, durable=False) as addresses:
        failed = []
        for check in checks:
            say(check)
            if call(check.split(), {**os.environ, **addresses, "VAR_DIR": str(var.root / "portal")}):
                failed.append(check)
    if failed:
        complain("these checks failed: " + "; ".join(failed))
    return 1 if failed else 0


def fmt(arguments: argparse.Namespace) -> int:
    """Bring code into its form."""
    venv.install(venv.DEV_LOCK)
    commands = ("ruff check --fix .", "ruff format .")
    return max([call(command.split(), os.environ) for command in commands])


def messages(arguments: argparse.Namespace) -> int:
    """Compile the translations that have changed."""
    venv.install(venv.LOCK)
    portal.compile_messages()
    return 0


def lock(arguments: argparse.Namespace) -> int:
    """Resolve the lock files anew."""
    venv.install(venv.DEV_LOCK)
    venv.resolve()
    return 0


def call(command: list[str], env: Mapping[str, str]) -> int:
    """Run a command, of the virtual environment first, in the project's directory and return its exit status."""
    path = f"{venv.VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    program = shutil.which(command[0], path=path)
    if program is None:
        raise LauncherError(f"the command {command[0]} was not found")
    arguments = [program, *command[1:]]
    return subprocess.run(arguments, env={**env, "PATH": path}, cwd=ROOT, preexec_fn=die_with_parent).returncode


def with_browser(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with CHROMIUM, the browser for browser tests and screenshots, where there is one."""
    found = env.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    return {**env, "CHROMIUM": found} if found else dict(env)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python3 -m launcher", description=__doc__)
    verbs = whole.add_subparsers(required=True, metavar="VERB")
    for name, do in VERBS.items():
        verb = verbs.add_parser(name, help=do.__doc__)
        verb.set_defaults(do=do)
        if name in {"up", "down", "status", "services", "run", "stack"}:
            verb.add_argument(
                "--var", default=None if name == "stack" else ROOT / "var", type=Path, help="data directory"
            )
        if name == "up":
            verb.add_argument("--host", default="127.0.0.1", help="address to listen on")
            verb.add_argument("--port", default=8000, type=int)
        if name == "run":
            verb.add_argument("--dev", action="store_true", help="with the tools of requirements-dev.lock")
        if name == "stack":
            verb.add_argument("--port", type=int, help="default: a free one")
            verb.add_argument("--seed", choices=["small", "medium", "large"], help="demo data for an empty database")
        if name in {"run", "stack", "test"}:
            verb.add_argument("command", nargs=argparse.REMAINDER)
    return whole


VERBS = {
    "up": up,
    "down": down,
    "status": status,
    "services": run_services,
    "run": run,
    "stack": stack,
    "test": test,
    "lint": lint,
    "fmt": fmt,
    "messages": messages,
    "lock": lock,
}


def main() -> int:
    arguments = parser().parse_args()
    if getattr(arguments, "command", None) and arguments.command[0] == "--":
        del arguments.command[0]
    end_on_signals()
    try:
        return int(arguments.do(arguments))
    except LauncherError as error:
        complain(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
