from typing import Any

from django.core.management.base import BaseCommand

from apps.core.actor import Actor

from ...services import retention_apply


class Command(BaseCommand):
    help = "Delete and blank what is due by the table of periods; the worker does it every day."

    def handle(self, *args: Any, **options: Any) -> None:
        for label, count in sorted(retention_apply(Actor.system("apply_retention")).items()):
            if count:
                self.stdout.write(f"{label}: {count}")
