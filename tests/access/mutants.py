"""Each policy made to allow everything and each ``visible_to`` made to show everything, one at a time: the matrix must complain.

Not part of the suite, as it takes minutes: ``pytest tests/access/mutants.py``. What survives is either kept by a second guard
or asked by no row; ``docs/access-tests.md`` says which is which.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from apps.core.errors import ALLOWED, Decision

from .cast import Cast
from .matrix import API, PAGES
from .personas import PERSONAS, expected
from .probes import view_of
from .rows import Row
from .test_matrix import faults
from .visitors import undone

APPS = [config.name for config in apps.get_app_configs() if config.name.startswith("apps.")]


def _policies() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in APPS:
        try:
            module = importlib.import_module(f"{name}.policies")
        except ModuleNotFoundError:
            continue
        for title, function in inspect.getmembers(module, inspect.isfunction):
            answer = inspect.signature(function).return_annotation
            if function.__module__ == module.__name__ and answer in {"Decision", Decision, "bool"}:
                yield f"{name}.{title}", function


def _querysets() -> Iterator[tuple[str, type]]:
    seen: set[type] = set()
    for model in apps.get_models():
        rows = type(model._default_manager.all())
        if rows.__module__.startswith("apps.") and "visible_to" in vars(rows) and rows not in seen:
            seen.add(rows)
            yield f"{rows.__module__}.{rows.__name__}", rows


@contextmanager
def allowing(function: Callable[..., Any]) -> Iterator[None]:
    """Every module that knows the policy knows one that allows all."""
    answer = True if inspect.signature(function).return_annotation == "bool" else ALLOWED

    def all_right(*args: Any, **kwargs: Any) -> Any:
        return answer

    places = [
        (module, name)
        for title, module in list(sys.modules.items())
        if title.startswith("apps.")
        for name, value in list(vars(module).items())
        if value is function
    ]
    for module, name in places:
        setattr(module, name, all_right)
    try:
        yield
    finally:
        for module, name in places:
            setattr(module, name, function)


@contextmanager
def showing(rows: Any) -> Iterator[None]:
    """The rows of this kind are seen by everybody."""
    original = rows.visible_to
    rows.visible_to = lambda self, actor: self
    try:
        yield
    finally:
        rows.visible_to = original


def _rows_of(app: str, cast: Cast) -> list[Row]:
    """The rows of the app's own addresses first, then those of the floors above that stand on it."""
    here = [row for row in (*PAGES, *API) if view_of(row, cast).__module__.startswith(f"{app}.")]
    return sorted(here, key=lambda row: row.method == "GET")


def killed_by(cast: Cast, app: str) -> str:
    """The first complaint of the matrix; empty when there is none."""
    for row in _rows_of(app, cast):
        for persona in PERSONAS:
            promised = expected(row, persona)
            if promised is None or promised >= 400:
                with undone():
                    try:
                        found = next(iter(faults(row, cast, persona)), "")
                    except Exception as error:
                        # What breaks under the mutant would have been seen as well.
                        found = repr(error)
                if found:
                    return found
    return ""


@pytest.mark.parametrize(
    ("title", "function"), list(_policies()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_policy_that_allows_everything_is_found(title: str, function: Callable[..., Any], cast: Cast) -> None:
    with allowing(function):
        assert killed_by(cast, ".".join(title.split(".")[:2])) != "", title


@pytest.mark.parametrize(
    ("title", "rows"), list(_querysets()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_queryset_that_shows_everything_is_found(title: str, rows: type[models.QuerySet[Any]], cast: Cast) -> None:
    with showing(rows):
        assert killed_by(cast, ".".join(title.split(".")[:2])) != "", title
