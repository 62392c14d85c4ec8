from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.database_role import BadRole, grant_application_role


class Command(BaseCommand):
    help = (
        "Give a database role what the portal needs to run, and nothing that could change what was recorded. "
        "Run it as the owner of the database (DATABASE_OWNER_URL) after each migrate."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role of DATABASE_URL")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        try:
            grant_application_role(role)
        except BadRole as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"The role {role} may run the portal.")
