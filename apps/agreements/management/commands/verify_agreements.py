from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from apps.agreements.models import Agreement
from apps.agreements.verification import verify


class Command(BaseCommand):
    help = "Check that every agreement is what was shown and signed; fails and says what is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchors", default=settings.ANCHOR_DIR, help="Where the anchors were written.")

    def handle(self, *args: Any, **options: Any) -> None:
        total = Agreement.objects.count()
        with tqdm(total=total, desc="agreements", disable=None, leave=False) as bar:
            faults = list(verify(Path(options["anchors"]), lambda done: bar.update(done - bar.n)))
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            raise CommandError(f"{len(faults)} faults in {total} agreements.")
        self.stdout.write(f"{total} agreements are what was signed.")
