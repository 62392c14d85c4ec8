from __future__ import annotations

import pytest

from apps.placements import names


@pytest.fixture(autouse=True)
def _no_remembered_names() -> None:
    for kind in (names.people, names.organizations, names.bases, names.positions):
        kind.forget()
