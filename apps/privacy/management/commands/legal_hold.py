from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.core.actor import Actor

from ...models import LegalHold
from ...services import hold_lift, hold_place


class Command(BaseCommand):
    help = "Stop erasure and retention of one person (--reason), or let them go on (--lift)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--reason")
        what.add_argument("--lift", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("legal_hold")
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError("Nobody has this address.")
        if not options["lift"]:
            self.stdout.write(f"hold {hold_place(actor, person_id=person.pk, reason=options['reason']).pk}")
            return
        hold = LegalHold.objects.standing().filter(person=person).first()
        if hold is None:
            raise CommandError("No hold stands.")
        self.stdout.write(f"hold {hold_lift(actor, hold_id=hold.pk).pk} lifted")
