"""Brings the portal up on a bare machine: `python3 -m launcher VERB`.

Standard library only, because it runs before anything is installed. Each module does one thing:
`venv` installs the lock files, `postgres` and `valkey` run the embedded servers, `services` joins them,
`portal` prepares the database and static files, `processes` and `supervisor` keep children, `stack` is the whole
for tests and benchmarks, `var` is the directory in which all of it lives.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said here, before a newer syntax says it worse
    raise SystemExit(f"Collab Portal needs CPython 3.11 or newer; this is {sys.version.split()[0]}.")


class LauncherError(Exception):
    """Something the person at the terminal can act on; shown as one line, without a traceback."""
