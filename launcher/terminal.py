"""What the person at the terminal sees, and how they make it stop."""

from __future__ import annotations

import contextlib
import signal
import sys
import time

STARTED = time.monotonic()
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """Print a line of progress with the seconds since the start. A terminal that has gone away is no error."""
    with contextlib.suppress(OSError):
        print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def complain(text: str) -> None:
    """Print why it did not work."""
    with contextlib.suppress(OSError):
        print(f"collab portal: {text}", file=sys.stderr, flush=True)


def end_on_signals() -> None:
    """Let Ctrl-C, `make down` and a closed terminal end the program by its ordinary way out, which cleans up."""
    for each in ENDING_SIGNALS:
        signal.signal(each, _leave)


def _leave(signum: int, frame: object) -> None:
    # Only the first counts: a second one during the clean-up would leave orphans.
    for each in ENDING_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + signum)
