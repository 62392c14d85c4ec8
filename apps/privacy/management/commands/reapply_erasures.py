from typing import Any

from django.core.management.base import BaseCommand

from apps.core.actor import Actor

from ...services import erasures_reapply


class Command(BaseCommand):
    help = "After an older backup was restored: erase again everybody on the list of the erased."

    def handle(self, *args: Any, **options: Any) -> None:
        count = erasures_reapply(Actor.system("reapply_erasures"))
        self.stdout.write(f"{count} erased again")
