"""Units Ur and Uw, and statements timed against them: one client, one connection over local TCP, with psycopg2.

psycopg2 adds some 20 microseconds to each statement that a client in C would not; it adds them to the unit too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg2
import psycopg2.extensions
from django.db.models import QuerySet

HEAP = "benchmark_heap"
TIMES = 400


class Database:
    """One connection without a transaction of its own: every statement commits."""

    def __init__(self, cursor: psycopg2.extensions.cursor) -> None:
        self.cursor = cursor

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        self.cursor.execute(sql, values or None)
        rows: list[tuple[Any, ...]] = self.cursor.fetchall()
        return rows

    def run(self, sql: str, *values: Any) -> int:
        """Execute and return how many rows were touched."""
        self.cursor.execute(sql, values or None)
        return int(self.cursor.rowcount)

    def median(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> float:
        """Seconds of the statement, the median over these parameters; its answer is fetched."""
        seconds = []
        for values in rows:
            start = time.perf_counter()
            self.cursor.execute(sql, values or None)
            if self.cursor.description:
                self.cursor.fetchall()
            seconds.append(time.perf_counter() - start)
        return median(seconds)

    def written(self, rows: QuerySet) -> str:
        """The SQL of a query set with its values in it."""
        return str(self.cursor.mogrify(*rows.query.sql_with_params()), "utf-8")

    def prepared(self, sql: str, *, times: int = TIMES) -> float:
        """Seconds of a prepared statement without parameters."""
        self.run(f"PREPARE benchmark AS {sql}")
        try:
            return self.median("EXECUTE benchmark", [()] * times)
        finally:
            self.run("DEALLOCATE benchmark")

    def unit_read(self) -> float:
        """Ur: `SELECT 1`, prepared."""
        return self.prepared("SELECT 1")

    def unit_write(self) -> float:
        """Uw: one row into a bare heap, committed."""
        self.run(f"DROP TABLE IF EXISTS {HEAP}")
        self.run(f"CREATE TABLE {HEAP} (number bigint, text text)")
        try:
            return self.prepared(f"INSERT INTO {HEAP} VALUES (1, 'one row')")  # noqa: S608  # our own constant
        finally:
            self.run(f"DROP TABLE {HEAP}")


@contextmanager
def connected() -> Iterator[Database]:
    """A connection of its own to the portal's database."""
    connection = psycopg2.connect(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield Database(cursor)
    finally:
        connection.close()
