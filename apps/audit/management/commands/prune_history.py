from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.audit.retention import history_prune


class Command(BaseCommand):
    help = "Delete what was recorded before a day. As the owner of the database (DATABASE_OWNER_URL)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", type=date.fromisoformat, required=True, help="year-month-day")

    def handle(self, *args: Any, before: date, **options: Any) -> None:
        start = timezone.make_aware(datetime.combine(before, time.min))
        for label, number in sorted(history_prune(start).items()):
            if number:
                self.stdout.write(f"{label}: {number}")
