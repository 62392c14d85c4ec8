"""Whose history is read by whom: an app above says it in its ``audit.py``. What nobody registered, nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from apps.core.actor import Actor
from apps.core.errors import Decision, Text

Show = Callable[[Collection[Any]], dict[Any, str]]


@dataclass(frozen=True)
class Trail:
    """The history of one kind of object.

    ``name`` stands in the address; ``rows`` (with ``visible_to``) are the objects, ``decide`` says who of those that see one
    reads its history, ``home`` is its page. ``events`` gives the events of an object, those of its row unless said otherwise.
    Fields in ``masked`` are said to have changed, and not how: personal or secret; ``hidden`` ones are left out.
    """

    name: str
    title: Text
    rows: Callable[[], models.QuerySet[Any]]
    decide: Callable[[Actor, Any], Decision]
    home: Callable[[Any], str]
    events: Callable[[Any], models.QuerySet[Any]] = field(default=lambda row: row.events)
    masked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset({"id", "version"})


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted, as whom."""

    name: str
    acting_as: str = ""


_trails: dict[str, Trail] = {}
_shown: dict[type[models.Model], Show] = {}
_system_names: dict[str, Text] = {}
_titles: dict[str, tuple[Text, str]] = {}
_describe: Callable[[Actor, Iterable[dict[str, Any]]], list[Who]] | None = None


def register(trail: Trail) -> None:
    if trail.name in _trails:
        raise ValueError(f"two trails {trail.name}")
    _trails[trail.name] = trail


def show(model: type[models.Model], words: Show) -> None:
    """How rows of ``model`` to which a recorded one points are called: keys to words, in one statement."""
    _shown[model] = words


def name_system(**names: Text) -> None:
    """What parts of the portal that act by themselves are called; dots of their names become double underscores here."""
    _system_names.update({code.replace("__", "."): words for code, words in names.items()})


def title(model: type[models.Model], words: Text, trail: str = "") -> None:
    """What the recorded rows of ``model`` are called in a list of acts, and which trail tells more of them."""
    _titles[model._meta.label] = (words, trail)


def describe_actors(describe: Callable[[Actor, Iterable[dict[str, Any]]], list[Who]]) -> None:
    """Who turns recorded ids into names, as far as the reader may know them."""
    global _describe
    _describe = describe


def trails() -> list[Trail]:
    return list(_trails.values())


def trail_of(name: str) -> Trail:
    return _trails[name]


def system_name(code: str) -> Text:
    """ "" for one that nobody named."""
    return _system_names.get(code, "")


def words_of(model: type[models.Model], keys: Collection[Any]) -> dict[Any, str]:
    if model in _shown:
        return _shown[model](keys)
    return {key: str(row) for key, row in model._base_manager.in_bulk(list(keys)).items()}


def title_of(model: type[models.Model]) -> tuple[Text, str]:
    """What a recorded row is called, and the name of its trail, if it has one."""
    trail = model._meta.model_name or ""
    return _titles.get(model._meta.label, (model._meta.verbose_name or "", trail if trail in _trails else ""))


def who_acted(reader: Actor, recorded: list[dict[str, Any]]) -> list[Who]:
    """For each recorded context who acted, as far as ``reader`` may know."""
    if _describe is None:
        raise LookupError("no app says who acted")
    return _describe(reader, recorded)
