"""``manage.py draw_docs``: the drawings in ``docs/drawings/``, made from the code: apps, models, states."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import models
from django.utils import translation
from django_fsm import FSMField

FOLDER = Path("docs/drawings")
NOTE = "<!-- Made by `make docs` from the code; do not edit. -->\n\n"


def drawings() -> dict[str, str]:
    """The text of every drawing by file name."""
    with translation.override("en"):
        return {"apps.md": _apps(), "states.md": _states(), "models.md": _models()}


def _own_apps() -> list[str]:
    return [config.label for config in apps.get_app_configs() if config.name.startswith("apps.")]


def _apps() -> str:
    arrows = sorted({(name, other) for name in _own_apps() for other in _imports(name) if other != name})
    nearest = [
        (name, other)
        for name, other in arrows
        if not any((name, middle) in arrows and (middle, other) in arrows for middle in _own_apps())
    ]
    lines = [f"    {name} --> {other}" for name, other in nearest]
    return (
        f"{NOTE}# Who imports whom\n\nAn arrow that follows from two others is left out.\n\n"
        "```mermaid\nflowchart TD\n" + "\n".join(lines) + "\n```\n"
    )


def _imports(name: str) -> Iterator[str]:
    for path in (settings.BASE_DIR / "apps" / name).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("apps."):
                yield node.module.split(".")[1]


def _machines() -> Iterator[tuple[type[models.Model], FSMField]]:
    for model in apps.get_models():
        if model._meta.app_label in _own_apps():
            for field in model._meta.get_fields():
                if isinstance(field, FSMField) and "Event" not in model.__name__:
                    yield model, field


def _states() -> str:
    parts = [f"{NOTE}# The states of everything that has states\n"]
    for model, field in _machines():
        lines = [f"    [*] --> {field.default}"]
        labels = dict(field.flatchoices)
        lines += [f"    {value}: {label}" for value, label in labels.items() if str(label) != str(value)]
        lines += [
            f"    {step.source} --> {step.target}: {step.name}"
            for step in sorted(field.get_all_transitions(model), key=lambda step: (step.source, step.target))
        ]
        title = str(model._meta.verbose_name).capitalize()
        parts.append(f"\n## {title}\n\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n")
    return "".join(parts)


def _models() -> str:
    lines = []
    for model in apps.get_models():
        if model._meta.app_label not in _own_apps() or "Event" in model.__name__ or "Permission" in model.__name__:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and not field.name.startswith("pgh_"):
                ends = "||--o|" if field.unique else "||--o{"
                target = field.related_model
                if isinstance(target, type) and target._meta.app_label in _own_apps():
                    lines.append(f"    {target.__name__} {ends} {model.__name__} : {field.name}")
    return f"{NOTE}# Models and their foreign keys\n\n```mermaid\nerDiagram\n" + "\n".join(lines) + "\n```\n"


class Command(BaseCommand):
    help = "Draws the apps, the models and the states into docs/drawings/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when a drawing is out of date.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        stale = []
        for name, text in drawings().items():
            path = folder / name
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(name)
            if not options["check"]:
                path.write_text(text, encoding="utf-8")
        if options["check"] and stale:
            self.stderr.write(f"out of date: {', '.join(stale)}; run make docs")
            raise SystemExit(1)
        self.stdout.write(f"{len(stale)} drawings changed.")
