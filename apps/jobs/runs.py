"""Long work in a worker, one job at a time: started by a person, watched by a bar, all or nothing.

A job's handler runs in one transaction together with the mark that the job is done. The transaction holds an advisory lock,
which Postgres lets go of when the worker dies: then the next tick takes the job again, at most ``MAX_ATTEMPTS`` times. Progress
is written over a second connection, so that others see it while the transaction is open.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError

from .models import JobRun

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FOLDER = "jobs"
COLUMNS = (gettext_lazy("Row"), gettext_lazy("Column"))
LOCK = 0x6A6F6273
"""Number of the advisory lock: who holds it does the portal's one job."""
SECONDS_BETWEEN_STEPS = 0.5
# A worker that died in the middle of a long statement, or whose machine is gone, is noticed within seconds.
WATCH = """
    SET LOCAL client_connection_check_interval = '2s';
    SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 5; SET LOCAL tcp_keepalives_count = 3;
"""
CLAIM = """
    UPDATE jobs_jobrun SET state = 'running', attempts = attempts + 1, done = 0, started_at = now(), seen_at = now()
    WHERE id = (SELECT id FROM jobs_jobrun WHERE state IN ('waiting', 'running') ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
"""
STEP = (
    "UPDATE jobs_jobrun SET done = %s, total = %s, seen_at = now() WHERE id = %s RETURNING cancel_asked_at IS NOT NULL"
)


class Cancelled(Exception):
    """The person asked to stop; what the handler wrote is taken back."""


class Progress:
    """How a handler says how far it is, and hands over its file."""

    def __init__(self, job: JobRun, aside: Any = None) -> None:
        self.job = job
        self._aside = aside
        self._told = 0.0

    def step(self, done: int, total: int) -> None:
        """So many of so many rows are done: at most two writes a second. ``Cancelled`` when the person asked to stop."""
        self.job.done, self.job.total = done, total
        if self._aside is None or time.monotonic() - self._told < SECONDS_BETWEEN_STEPS:
            return
        with self._aside.cursor() as cursor:
            cursor.execute(STEP, [done, total, self.job.pk])
            row = cursor.fetchone()
        self._told = time.monotonic()
        if row and row[0]:
            raise Cancelled

    def attach(self, name: str, content: bytes | File) -> None:
        """Store the one file that the person gets; ``name`` is what they see. A second call replaces the first."""
        _discard_file(self.job)
        stored = f"{FOLDER}/{secrets.token_hex(16)}{PurePath(name).suffix}"
        file = ContentFile(content) if isinstance(content, bytes) else content
        self.job.result.name = default_storage.save(stored, file)
        self.job.result_name = name


class Handler(Protocol):
    def __call__(self, job: JobRun, progress: Progress, /) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A handler, and what the entries of its result are called on the page; entries without a label are not shown.

    ``columns``: what the first two columns of its problems are called.
    """

    handler: Handler
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    columns: tuple[str | Promise, str | Promise] = COLUMNS


_kinds: dict[str, Kind] = {}


def job_handler(
    kind: str,
    labels: Mapping[str, str | Promise] | None = None,
    columns: tuple[str | Promise, str | Promise] = COLUMNS,
) -> Callable[[Handler], Handler]:
    """Register the one handler of a kind of job; its module is imported when its app is ready.

    It returns the job's result (plain values); ``problems`` in it is a list of [row, column, text]. It must ask
    ``actor_of_job`` at its start and again before it ends, and may be run again after a worker has died.
    """

    def register(handler: Handler) -> Handler:
        if kind in _kinds:
            raise ValueError(f"two handlers for {kind}")
        _kinds[kind] = Kind(handler, labels or {}, columns)
        return handler

    return register


def labels_of(kind: str) -> Mapping[str, str | Promise]:
    """What the entries of the result of this kind are called."""
    return _kinds[kind].labels if kind in _kinds else {}


def columns_of(kind: str) -> tuple[str | Promise, str | Promise]:
    """What the columns of the problems of this kind are called."""
    return _kinds[kind].columns if kind in _kinds else COLUMNS


def run_due() -> bool:
    """Do the oldest job that waits, or was left by a worker that died. ``False`` when none does or another one is at work."""
    if not JobRun.objects.unfinished().exists():
        return False
    with transaction.atomic():
        if not _lock():
            return False
        aside = connection.copy()
        try:
            with aside.cursor() as cursor:
                cursor.execute(CLAIM)
                claimed = cursor.fetchone()
            if claimed is None:
                return False
            _work(JobRun.objects.select_related("requested_by").get(pk=claimed[0]), aside)
        finally:
            aside.close()
    return True


def run_here(job: JobRun) -> JobRun:
    """Do this one job now, in the caller's transaction; nobody sees its progress. For commands, and for tests."""
    job.state, job.started_at, job.attempts = JobRun.State.RUNNING, timezone.now(), job.attempts + 1
    job.save(update_fields=["state", "started_at", "attempts"])
    with transaction.atomic():
        _work(job, None)
    return job


def _lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        row = cursor.fetchone()
        cursor.execute(WATCH)
    return bool(row and row[0])


def _work(job: JobRun, aside: Any) -> None:
    """Let the handler work inside a savepoint, and write down how it ended in the transaction around it."""
    with translation.override(job.requested_by.language):
        if job.cancel_asked_at is not None:
            job.state = JobRun.State.CANCELLED
        elif job.attempts > MAX_ATTEMPTS:
            _fail(job, _("The work was interrupted %(times)d times. Nothing was changed.") % {"times": MAX_ATTEMPTS})
        else:
            _handle(job, Progress(job, aside))
    job.finished_at = timezone.now() if job.is_finished else None
    job.save(update_fields=["state", "done", "total", "summary", "message", "result", "result_name", "finished_at"])


def _handle(job: JobRun, progress: Progress) -> None:
    try:
        with transaction.atomic():
            job.summary = _kinds[job.kind].handler(job, progress)
    except Cancelled:
        _discard_file(job)
        job.state = JobRun.State.CANCELLED
    except DomainError as error:
        _fail(job, str(error.reason or error.title))
    except ValidationError as error:
        _fail(job, "\n".join(error.messages))
    except Exception as error:
        # Whatever went wrong, the person gets an answer. The text of an error may hold personal data: it is not logged.
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/apps/" in frame.filename]
        where = f"{frames[-1].filename}:{frames[-1].lineno}"
        logger.error("job %s (%s) failed: %s at %s", job.pk, job.kind, type(error).__name__, where)
        if job.attempts < MAX_ATTEMPTS:
            _discard_file(job)
            job.state = JobRun.State.WAITING
        else:
            _fail(job, _("The work failed. Nothing was changed; the platform's staff can see why."))
    else:
        job.state = JobRun.State.DONE
        job.done = job.total


def _fail(job: JobRun, message: str) -> None:
    _discard_file(job)
    job.state = JobRun.State.FAILED
    job.message = message


def _discard_file(job: JobRun) -> None:
    if job.result.name:
        default_storage.delete(job.result.name)
        job.result.name, job.result_name = "", ""
