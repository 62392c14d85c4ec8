"""Two acts that meet at the worst moment, every time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction


def overlapping(first: Callable[[], Any], second: Callable[[], Any], *, seconds: float = 1) -> list[Any]:
    """``second`` runs while ``first`` is done and not committed; what they answered, or the exceptions that they raised.

    A ``second`` that waits for a lock of ``first`` gets it after ``seconds``, when ``first`` commits.
    """
    done, over = threading.Event(), threading.Event()

    def run_first() -> Any:
        with transaction.atomic():
            try:
                return first()
            finally:
                done.set()
                over.wait(seconds)

    def run_second() -> Any:
        done.wait(30)
        try:
            return second()
        finally:
            over.set()

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, [run_first, run_second]))
