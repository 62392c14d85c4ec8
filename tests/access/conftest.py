"""One cast for all tests of a module: each test's changes are undone, the cast itself at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from .cast import Cast, build_cast
from .visitors import undone


@pytest.fixture(scope="module")
def module_cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_cast()
        transaction.set_rollback(True)


@pytest.fixture
def db(module_cast: Cast) -> Iterator[None]:
    """Instead of pytest-django's own, which would end the transaction of the module; so nothing here is marked ``django_db``."""
    with undone():
        yield
    cache.clear()


@pytest.fixture
def cast(module_cast: Cast, db: None) -> Cast:
    return module_cast
