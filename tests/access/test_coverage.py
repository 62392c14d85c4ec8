"""The matrix names every address of the portal and every operation of the API; an unlisted one fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from .matrix import API, OPEN_TO_ALL, PAGES
from .personas import GROUPS, PERSONAS

NOT_OURS = {"admin"}
"""Django's own admin: staff only, tested as a whole in ``test_matrix``."""


def _pages(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace or ""]))
            if inner not in {*NOT_OURS, "api"}:
                yield from _pages(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name)


def _operations() -> Iterator[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, operations in schema["paths"].items():
        for method in operations:
            yield method.upper(), path.removeprefix("/api/v1")


def test_every_page_is_in_the_matrix() -> None:
    assert set(_pages(get_resolver().url_patterns)) == {page.url_name for page in PAGES} | OPEN_TO_ALL


def test_every_operation_of_the_api_is_in_the_matrix() -> None:
    assert set(_operations()) == {(row.method, row.path) for row in API}


def test_every_row_names_personas_and_groups_that_exist_and_somebody_who_gets_in() -> None:
    for row in [*PAGES, *API]:
        assert set(row.expected) <= {*PERSONAS, *GROUPS}, row
        is_set_up = row.url_name.startswith("mfa_")  # what nobody in the cast has set up is there for nobody
        assert is_set_up or any(status < 400 or status == 409 for status in row.expected.values()), row
