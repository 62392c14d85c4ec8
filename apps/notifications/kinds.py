"""The registry of notification kinds. An app's ``notices.py`` subclasses ``Kind`` and registers it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import Promise

from apps.accounts.models import User

_kinds: dict[str, Kind] = {}


class Kind:
    """One kind of notification.

    ``code`` names it for ever; ``text`` is a lazy translation with named placeholders; ``mail`` says whether it goes out by
    e-mail too. The payload of ``notify`` carries ids alone.
    """

    code: ClassVar[str]
    text: ClassVar[str | Promise]
    mail: ClassVar[bool] = True

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        """The people who should know."""
        raise NotImplementedError(f"{type(self).__name__} has no recipients")

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        """What fills ``text``, and ``url``: the path of the page to go to."""
        raise NotImplementedError(f"{type(self).__name__} has no params")


def register(kind: type[Kind]) -> type[Kind]:
    """Class decorator: make the kind known; a second kind with the same code is a mistake."""
    if kind.code in _kinds:
        raise ValueError(f"two kinds {kind.code}")
    _kinds[kind.code] = kind()
    return kind


def kind_of(code: str) -> Kind:
    return _kinds[code]


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def render_text(code: str, params: dict[str, str]) -> str:
    """The sentence of a notification in the active language."""
    return str(_kinds[code].text) % params
