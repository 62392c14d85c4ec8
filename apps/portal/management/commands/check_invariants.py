from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.portal.invariants import violations


class Command(BaseCommand):
    help = "Recount what must always hold between the tables; status 1 when something does not."

    def handle(self, *args: Any, **options: Any) -> None:
        found = violations()
        for violation in found:
            self.stdout.write(str(violation))
        if found:
            raise CommandError(f"{len(found)} rules are broken.")
        self.stdout.write("All invariants hold.")
