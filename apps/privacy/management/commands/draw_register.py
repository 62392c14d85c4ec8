from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...table import with_table

PAGE = "docs/personal-data.md"


class Command(BaseCommand):
    help = "Write the register of personal data into its page of the documentation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is not up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PAGE
        present = page.read_text(encoding="utf-8")
        wanted = with_table(present)
        if options["check"] and present != wanted:
            raise CommandError(f"{PAGE} is not up to date: run manage.py draw_register")
        page.write_text(wanted, encoding="utf-8")
