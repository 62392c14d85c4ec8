"""What is over and done with leaves the tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from .models import IdempotentAnswer, JobRun, OutboxMessage
from .runs import FOLDER

KEEP_DAYS = 30
KEEP_FILES_DAYS = 7


def prune(days: int = KEEP_DAYS) -> int:
    """Delete messages that were done, and answers that were given, more than ``days`` ago; returns how many.

    Messages that wait or were given up stay. A repeat finds nothing.
    """
    before = timezone.now() - timedelta(days=days)
    messages, _by_model = OutboxMessage.objects.filter(done_at__lt=before).delete()
    answers, _by_model = IdempotentAnswer.objects.filter(created_at__lt=before).delete()
    return messages + answers + _prune_files()


def _prune_files() -> int:
    """Delete the files of jobs that ended a week ago, and those that a killed worker left behind."""
    before = timezone.now() - timedelta(days=KEEP_FILES_DAYS)
    old = JobRun.objects.filter(finished_at__lt=before).exclude(result="")
    for name in old.values_list("result", flat=True):
        default_storage.delete(name)
    removed = old.update(result="", result_name="")
    kept = set(JobRun.objects.exclude(result="").values_list("result", flat=True))
    return removed + sum(_delete_stray(name, before) for name in files_in(FOLDER) if name not in kept)


def files_in(folder: str) -> list[str]:
    """The names of all files stored in a folder; none when there is no such folder."""
    if not default_storage.exists(folder):
        return []
    return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]


def _delete_stray(name: str, before: datetime) -> bool:
    if default_storage.get_modified_time(name) >= before:
        return False
    default_storage.delete(name)
    return True
