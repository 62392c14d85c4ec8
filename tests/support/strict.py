"""What the suite forbids everywhere."""

from __future__ import annotations

from typing import Any


class UndefinedVariable(str):
    """As ``string_if_invalid``: an undefined variable in a template is an error, not an empty text."""

    __slots__ = ()

    def __new__(cls) -> UndefinedVariable:
        return super().__new__(cls, "%s")

    def __mod__(self, name: Any) -> str:
        raise AssertionError(f"undefined template variable: {name}")
