"""The rules of the house that a reader should not have to check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from importlinter.cli import lint_imports

ROOT = settings.BASE_DIR
OWN_APPS = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]
SOURCES = sorted(path for path in (ROOT / "apps").rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST_FILE = 500
WRITES = {"save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
MAY_NOT_WRITE = {"views", "api", "tasks", "forms", "admin", "filters"}


def test_imports_keep_to_the_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports() == 0


@pytest.mark.parametrize("config", OWN_APPS, ids=lambda config: config.label)
def test_app_says_what_it_owns(config: object) -> None:
    assert len((config.module.__doc__ or "").strip().splitlines()) >= 3  # type: ignore[attr-defined]  # an AppConfig


def test_no_app_is_an_empty_shell() -> None:
    for config in OWN_APPS:
        files = {path.name for path in Path(config.path).glob("*.py")} - {"__init__.py", "apps.py"}
        assert files, f"{config.label} holds nothing"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def _writes(tree: ast.AST) -> list[str]:
    """Calls named like the ORM's writing methods, but for a viewset's hand-over to its mixin."""
    return [
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and ast.unparse(node.func) != "super().create"
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if MAY_NOT_WRITE & {path.stem, path.parent.name}],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_only_services_write(path: Path) -> None:
    assert _writes(ast.parse(path.read_text())) == []


def test_only_services_write_can_fail() -> None:
    assert _writes(ast.parse("Agreement.objects.filter(pk=1).update(title='x')")) != []


def test_every_template_is_used() -> None:
    code = "\n".join(path.read_text() for path in [*SOURCES, *(ROOT / "collab_portal").rglob("*.py"), *TEMPLATES])
    by_django = {"400.html", "403.html", "404.html", "409.html", "500.html"}
    unused = []
    for path in TEMPLATES:
        name = path.relative_to(ROOT / "templates").as_posix()
        component = name.removeprefix("components/").removesuffix(".html").replace("_", "-").replace("/", ".")
        used = name in by_django or f'"{name}"' in code or f"'{name}'" in code
        if not used and not (name.startswith("components/") and re.search(rf"<c-{component}[\s/>]", code)):
            unused.append(name)
    theirs = ("django/", "admin/", "rest_framework/", "allauth/", "account/", "mfa/", "socialaccount/", "usersessions/")
    overrides = {name for name in unused if name.startswith(theirs)}
    assert set(unused) - overrides == set()


def test_no_template_loads_from_another_host() -> None:
    for path in TEMPLATES:
        found = re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*"', path.read_text())
        assert found == [], path


def test_no_inline_script_or_style() -> None:
    for path in TEMPLATES:
        assert not re.search(r'\s(?:style|on[a-z]+)="|<style|<script(?![^>]*\ssrc=)', path.read_text()), path


def test_every_periodic_task_exists() -> None:
    current_app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_drawings_are_up_to_date() -> None:
    call_command("draw_docs", check=True)


def test_every_text_has_its_chinese() -> None:
    call_command("update_messages", check=True)
