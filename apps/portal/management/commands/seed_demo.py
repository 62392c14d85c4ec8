from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.portal.demo.cast import PASSWORD
from apps.portal.demo.seed import NotEmpty, seed_demo


class Command(BaseCommand):
    help = "Fill an empty database with demo data. The same seed gives the same data, counted from today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", choices=["small", "medium", "large"], default="small")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--again", action="store_true", help="throw away everything in a database of the demo and begin again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            counts = seed_demo(scale=options["scale"], seed=options["seed"], again=options["again"])
        except NotEmpty as error:
            if error.is_demo:
                raise CommandError("There is demo data already: --again throws it away and begins again.") from error
            raise CommandError(
                "There are organizations already: demo data goes into an empty database only."
            ) from error
        for label, count in counts.items():
            self.stdout.write(f"  {label.partition('.')[2]:<18}{count:>10,}")
        self.stdout.write(
            f"Demo data ({options['scale']}, seed {options['seed']}) in {time.monotonic() - began:.0f} s. "
            f"Everybody's password is “{PASSWORD}”; manage.py demo_logins shows whom to sign in as."
        )
