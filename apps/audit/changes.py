"""Recorded rows as changes in words: field by field, old and new."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import formats, timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apps.core.actor import Actor

from .registry import Trail, Who, who_acted, words_of

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it is called, what it was, what it became; ``masked``: that it changed is all there is to know."""

    field: str
    label: str
    old: str
    new: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded change of an object; ``is_new``: there was nothing before it to compare with."""

    pk: int
    at: datetime
    who: Who
    what: str
    changes: list[Change] = field(default_factory=list)
    is_new: bool = False


def fields_of(trail: Trail, row: Any) -> list[models.Field[Any, Any]]:
    """What the history of an object tells of, in the order of the model."""
    return [
        field
        for field in trail.events(row).model._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name not in trail.hidden
    ]


def changed(events: models.QuerySet[Any], name: str) -> models.QuerySet[Any]:
    """The events in which this field became something else, or was first known. One statement more."""
    attname = events.model._meta.get_field(name).attname
    last: dict[int, Any] = {}
    keys = []
    for pk, row, value in events.order_by("pgh_id").values_list("pk", "pgh_obj_id", attname):
        if row not in last or last[row] != value:
            keys.append(pk)
        last[row] = value
    return events.filter(pk__in=keys)


def entries_of(reader: Actor, trail: Trail, row: Any, events: list[Any]) -> list[Entry]:
    """What these events of one object changed, for ``reader``. As many statements for one as for many."""
    shown = fields_of(trail, row)
    before = _before(trail.events(row), events)
    words = _words(shown, [*events, *before.values()])
    whos = who_acted(reader, [event.pgh_context.metadata if event.pgh_context else {} for event in events])
    entries = []
    for event, who in zip(events, whos, strict=True):
        old = before.get(event.pk) if event.pgh_label == "update" else None
        changes = [
            _change(field, old, event, words, masked=field.name in trail.masked)
            for field in shown
            if old is None or getattr(old, field.attname) != getattr(event, field.attname)
        ]
        kept = [change for change in changes if change.masked or change.old != change.new]
        entries.append(Entry(event.pk, event.pgh_created_at, who, _what(event.pgh_label), kept, is_new=old is None))
    return entries


def _what(label: str) -> str:
    return {"insert": _("created"), "update": _("changed"), "delete": _("removed")}.get(label, label)


def _before(recorded: models.QuerySet[Any], events: list[Any]) -> dict[int, Any]:
    """By the key of each event the one before it, of the same row."""
    earlier = recorded.model._default_manager.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    previous = Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])
    keys = dict(
        recorded.model._default_manager.filter(pk__in=[event.pk for event in events])
        .annotate(_previous=previous)
        .values_list("pk", "_previous")
    )
    found = recorded.model._default_manager.in_bulk([key for key in keys.values() if key is not None])
    return {pk: found[key] for pk, key in keys.items() if key is not None}


Words = dict[str, dict[Any, str]]


def _words(shown: list[models.Field[Any, Any]], events: list[Any]) -> Words:
    """By the name of each key field what the rows are called to which it points: one statement for each model."""
    wanted: defaultdict[type[models.Model], set[Any]] = defaultdict(set)
    keys = [column for column in shown if isinstance(column, models.ForeignKey)]
    for key in keys:
        wanted[key.remote_field.model] |= {getattr(event, key.attname) for event in events} - {None}
    found = {model: words_of(model, ids) for model, ids in wanted.items() if ids}
    return {key.name: found.get(key.remote_field.model, {}) for key in keys}


def _change(field: models.Field[Any, Any], old: Any, new: Any, words: Words, *, masked: bool) -> Change:
    label = str(field.verbose_name)
    if masked:
        return Change(field.name, label, "", "", masked=True)
    was = "" if old is None else _word(field, getattr(old, field.attname), words)
    return Change(field.name, label, was, _word(field, getattr(new, field.attname), words))


def _word(field: models.Field[Any, Any], value: Any, words: Words) -> str:
    if value is None or value == "":
        return ""
    if field.name in words:
        return words[field.name].get(value, f"#{value}")
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    return Truncator(str(value)).chars(LONGEST)
