"""Keeps children running: restarts one that dies, and stops everything when it keeps dying."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType

from launcher import LauncherError
from launcher.processes import Child
from launcher.terminal import say


class Supervisor:
    """A group of children, started in order and stopped in the opposite one.

    The order matters: a Celery worker whose broker is gone does not leave when asked to.
    A child may die `restarts` times within `window` seconds, each time with a longer pause; one time more
    and `watch` raises, because half a portal is worse than none.
    """

    def __init__(self, *, restarts: int = 5, window: float = 60, first_pause: float = 0.5) -> None:
        self.children: dict[str, Child] = {}
        self.restarts = restarts
        self.window = window
        self.first_pause = first_pause
        self._deaths: dict[str, deque[float]] = {}
        self._due: dict[str, float] = {}

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """However the block is left, no child stays behind."""
        self.stop()

    def start(self, *children: Child) -> None:
        """Take the children in and start them; raises `LauncherError` when one does not come up."""
        for child in children:
            self.children[child.name] = child
            child.start()

    def stop(self) -> None:
        """Stop every child. A repeat does nothing."""
        for child in reversed(self.children.values()):
            child.stop()

    def watch(self) -> None:
        """Look after the children until a signal ends the program, or one child is past help (`LauncherError`)."""
        while True:
            self.look_after()
            time.sleep(0.2)

    def look_after(self) -> None:
        """Once: count who died, start who has waited long enough, keep the logs short."""
        now = time.monotonic()
        for child in self.children.values():
            if child.pid is None:
                self._revive(child, now)
            child.trim_log()

    def _revive(self, child: Child, now: float) -> None:
        if child.name not in self._due:
            self._due[child.name] = now + self._count_death(child, now)
        elif now >= self._due[child.name]:
            del self._due[child.name]
            try:
                child.start()
            except LauncherError as error:
                # It died again while starting: the next round counts that.
                say(str(error).splitlines()[0])

    def _count_death(self, child: Child, now: float) -> float:
        """Count a death and return the pause before the next start."""
        deaths = self._deaths.setdefault(child.name, deque())
        deaths.append(now)
        while deaths[0] < now - self.window:
            deaths.popleft()
        if len(deaths) > self.restarts:
            raise LauncherError(
                f"{child.name} ended {child.exit_reason()}, {len(deaths)} times within {self.window:.0f} s; "
                f"everything is stopped.\n{child.log_tail()}"
            )
        pause = self.first_pause * 2.0 ** (len(deaths) - 1)
        say(f"{child.name} ended {child.exit_reason()}; starting it again in {pause:g} s (see {child.log})")
        return pause
