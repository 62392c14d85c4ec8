"""Clearing away files that nobody took over."""

from datetime import timedelta

from celery import shared_task
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.jobs.pruning import files_in

from .services.imports import FOLDER, roster_file_prune

KEEP_HOURS = 23


@shared_task(name="universities.prune_roster_files")
def prune_roster_files() -> None:
    """Delete uploaded rosters that were not taken over within a day; beat calls every hour."""
    before = timezone.now() - timedelta(hours=KEEP_HOURS)
    for name in files_in(FOLDER):
        if default_storage.get_modified_time(name) < before:
            roster_file_prune(name)
