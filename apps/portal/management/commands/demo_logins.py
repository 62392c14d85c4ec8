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
        self.stdout.write(
            "Where there is a code, it is asked for after the password: it changes every 30 seconds and works once.\n"
            "Put the secret beside it into an authenticator app, or run manage.py demo_logins again for the next code."
        )
        self.stdout.write(f"  {'Role':<26}{'E-mail address':<36}{'Code':<8}{'Secret':<34}Organization")
        for login in logins:
            where = f"{login['organization']} ({login['organization_code']})" if login["organization"] else ""
            code = login["totp_code"] or "-"
            self.stdout.write(
                f"  {login['role']:<26}{login['email']:<36}{code:<8}{login['totp_secret']:<34}{where}".rstrip()
            )
