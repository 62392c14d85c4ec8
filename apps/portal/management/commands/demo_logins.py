from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.portal.demo.logins import demo_logins


class Command(BaseCommand):
    help = "Show one demo login for each role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="as a JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        logins = demo_logins()
        if not logins:
            raise CommandError("There is no demo data here: run manage.py seed_demo first.")
        if options["json"]:
            self.stdout.write(json.dumps(logins, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"Password of all: {logins[0]['password']}")
        for login in logins:
            where = f"{login['organization']} ({login['organization_code']})" if login["organization"] else ""
            self.stdout.write(f"  {login['role']:<26}{login['email']:<36}{where}".rstrip())
