"""One child process: started in a session of its own, logged, and never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from launcher import LauncherError
from launcher.var import ROOT, Var

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT = 1, 28, 47
SECBIT_NO_SETUID_FIXUP, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE = 1 << 2, 2, 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522
LOG_LIMIT = 10 * 1024 * 1024

# Loaded before any fork: the child may no longer be able to read the library once it has changed its user.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel end this process when its parent does, so that `kill -9` of the launcher leaves nothing."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def become(user: pwd.struct_passwd, *, reach_everything: bool) -> None:
    """Turn the calling (root) process into `user`, for good.

    With `reach_everything` it keeps one capability, to pass directories that are closed to others: Postgres refuses
    to be root, yet its programs and data may lie in root's 0700 home. An ambient capability alone is not enough,
    because Postgres asks `access()`, which drops capabilities of a non-root real user unless "no setuid fixup" is set.
    Where the kernel refuses (a container without CAP_SETPCAP) the process goes on without.
    """
    keep = (
        reach_everything and _libc is not None and _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
    )
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if keep and _libc is not None:
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(*[1 << CAP_DAC_OVERRIDE] * 3, 0, 0, 0)
        _libc.capset(header, sets)
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


class Child:
    """A long-running program with a log and a pid file, that can be started, stopped, killed and started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        var: Var,
        env: Mapping[str, str],
        cwd: Path = ROOT,
        stdin: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 20,
        before_exec: Callable[[], None] = die_with_parent,
        ready: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.env = dict(env)
        self.cwd = cwd
        self.stdin = stdin
        self.stop_signal = stop_signal
        self.grace = grace
        self.before_exec = before_exec
        self.ready = ready
        self.log = var.log / f"{name}.log"
        self.pid_file = var.run / f"{name}.pid"
        self.process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self.process.pid if self.process and self.process.poll() is None else None

    def start(self) -> None:
        """Start it and wait until it is ready; raises `LauncherError` with the end of its log when it dies first.

        What its former self left (gunicorn workers hold the port for a second) is removed before.
        """
        self._sweep()
        self.trim_log()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.PIPE if self.stdin is not None else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=self.before_exec,
            )
        self.pid_file.write_text(f"{self.process.pid}\n")
        if self.process.stdin and self.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
                pipe.write(self.stdin)
        if self.ready:
            self.wait_for(self.ready)

    def wait_for(self, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until `condition` holds; raises `LauncherError` when the child ends or time runs out before."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.pid is None:
                raise LauncherError(f"{self.name} ended {self.exit_reason()} while starting.\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise LauncherError(f"{self.name} was not ready after {seconds:.0f} s.\n{self.log_tail()}")
            time.sleep(0.03)

    def stop(self) -> None:
        """Ask it to leave, wait for its grace, then kill what is left of it. A repeat does nothing."""
        if self.process is None:
            return
        if self.pid:
            self.process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
        self.kill()

    def kill(self) -> None:
        """End it and its own children at once."""
        self._sweep()
        self.wait()
        self.pid_file.unlink(missing_ok=True)

    def wait(self) -> None:
        """Return when its main process has ended."""
        if self.process:
            self.process.wait()

    def _sweep(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def exit_reason(self) -> str:
        """How it ended, in words: "with status 1", "by SIGKILL"."""
        status = self.process.poll() if self.process else None
        if status is not None and status < 0:
            return f"by {signal.Signals(-status).name}"
        return f"with status {status}"

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of its log, indented, under the name of the file."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8192))
            text = log.read().decode(errors="replace")
            return "\n".join([f"  {self.log}:", *(f"    {line}" for line in text.splitlines()[-lines:])])
        return ""

    def trim_log(self) -> None:
        """Move a log that has grown beyond its limit to `NAME.log.1`.

        Copied and cut rather than renamed: the running child keeps appending to the same file.
        """
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(self.log, f"{self.log}.1")
            os.truncate(self.log, 0)
