"""The verbs of `python3 -m launcher`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from launcher import LauncherError, services
from launcher.var import ROOT, Var
from launcher.venv import VENV

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _leave(signum: int, frame: object) -> None:
    """End by the ordinary way out, once: a second signal during the clean-up would leave orphans."""
    for each in ENDING_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + signum)


def run_services(arguments: argparse.Namespace) -> int:
    with services.running(Var(arguments.var)) as addresses:
        for name, value in addresses.items():
            print(f"{name}={value}", flush=True)
        signal.pause()
    return 0


def run(arguments: argparse.Namespace) -> int:
    var = Var(arguments.var)
    addresses = services.published(var)
    if addresses is not None:
        return _call(arguments.command, var, addresses)
    with services.running(var) as addresses:
        return _call(arguments.command, var, addresses)


def _call(command: list[str], var: Var, addresses: dict[str, str]) -> int:
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    env = {**os.environ, **addresses, "VAR_DIR": str(var.root), "PATH": path}
    return subprocess.run(command, env=env, cwd=ROOT).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m launcher", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = verbs.add_parser("services", help="run the embedded Postgres and Valkey in the foreground")
    verb.set_defaults(do=run_services)
    verb.add_argument("--var", default="var", type=Path)
    verb = verbs.add_parser("run", help="run one command with the services, starting them when they do not run")
    verb.set_defaults(do=run)
    verb.add_argument("--var", default="var", type=Path)
    verb.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if getattr(arguments, "command", None) and arguments.command[0] == "--":
        del arguments.command[0]
    for each in ENDING_SIGNALS:
        signal.signal(each, _leave)
    try:
        return int(arguments.do(arguments))
    except LauncherError as error:
        print(f"collab portal: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
