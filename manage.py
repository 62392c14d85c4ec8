#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

# They change what the portal's own role must not: tables, and history. See docs/operations.md.
OWNER_COMMANDS = {"flush", "grant_application_role", "migrate", "prune_history", "seed_demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]) and os.environ.get("DATABASE_OWNER_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
