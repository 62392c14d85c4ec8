from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.core.actor import Actor
from apps.universities.services import universities_import


class Command(BaseCommand):
    help = "Import the ministry's list of universities (JSON). All or nothing; may be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="a list of objects: name, code, department, location, level, remark"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = _read(options["file"])
        try:
            with _Progress(len(rows), self.stderr) as progress:
                done = universities_import(Actor.system("import_universities"), rows=rows, advance=progress.advance)
        except ValidationError as error:
            problems = "\n".join(error.messages)
            raise CommandError(f"{problems}\n{len(error.messages)} problems; nothing was written.") from error
        self.stdout.write(f"Universities: {done.created} created, {done.changed} changed, {done.unchanged} unchanged.")


def _read(file: Path) -> list[Any]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise CommandError(f"{file} does not hold a list.")
    return rows


class _Progress:
    """A bar on a terminal, plain lines elsewhere."""

    def __init__(self, total: int, stream: Any) -> None:
        self.total, self.stream, self.done = total, stream, 0
        self.bar = tqdm(total=total, unit=" rows", disable=not stream.isatty())

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.close()

    def advance(self, rows: int) -> None:
        self.done += rows
        self.bar.update(rows)
        if self.bar.disable and rows:
            self.stream.write(f"{self.done} of {self.total} rows", style_func=str)
