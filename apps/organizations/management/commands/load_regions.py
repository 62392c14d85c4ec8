from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.actor import Actor
from apps.organizations.regions import regions_load


class Command(BaseCommand):
    help = "Load the administrative divisions of GB/T 2260 as they are today. May be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        done = regions_load(Actor.system("load_regions"))
        self.stdout.write(f"Regions: {done.created} created, {done.changed} changed, {done.unchanged} unchanged.")
