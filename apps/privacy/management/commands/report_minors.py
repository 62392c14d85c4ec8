from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from ...minors import report


class Command(BaseCommand):
    help = "The yearly figures about minors' data, for the audit that the regulation on minors demands (Art. 37)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", type=int, default=timezone.localdate().year)

    def handle(self, *args: Any, **options: Any) -> None:
        for name, figure in report(options["year"]).items():
            self.stdout.write(f"{name}: {figure}")
