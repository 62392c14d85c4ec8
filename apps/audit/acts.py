"""What the people of an organization did, over all that is tracked: one act is one transaction of one service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import BigIntegerField, F, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from pghistory.models import Context, Event

from apps.core.actor import Actor

from .registry import Who, title_of, who_acted

PAGE_SIZE = 50
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """One object that an act created, changed or removed; ``url``: its history, if it has one."""

    thing: str
    key: str
    what: str
    url: str


@dataclass(frozen=True, slots=True)
class Act:
    pk: str
    at: datetime
    who: Who
    touched: list[Touched]


def acts_of(actor: Actor) -> models.QuerySet[Context]:
    """The contexts of the acting organization, newest first, by their index."""
    acting = Cast(KT("metadata__organization"), BigIntegerField())
    own = Context.objects.filter(metadata__has_key="organization").alias(_organization=acting)
    rows: models.QuerySet[Context] = own.filter(_organization=actor.organization_id).order_by("-created_at", "-id")
    return rows


def page_of(rows: models.QuerySet[Context], request: HttpRequest) -> tuple[list[Context], str]:
    """The page after the act that ``?before=`` names, and the address of the next; an unknown key is ignored."""
    key = _key(request.GET.get("before", ""))
    found = list((rows if key is None else older(rows, *key))[: PAGE_SIZE + 1])
    if len(found) <= PAGE_SIZE:
        return found, ""
    query = request.GET.copy()
    query["before"] = f"{found[PAGE_SIZE - 1].created_at.isoformat()}_{found[PAGE_SIZE - 1].pk}"
    return found[:PAGE_SIZE], f"{request.path}?{query.urlencode()}"


def older(rows: models.QuerySet[Context], at: datetime, pk: str) -> models.QuerySet[Context]:
    return rows.filter(models.Q(created_at__lt=at) | models.Q(created_at=at, pk__lt=pk))


def _key(text: str) -> tuple[datetime, str] | None:
    at, _between, pk = text.partition("_")
    try:
        return datetime.fromisoformat(at), str(models.UUIDField().to_python(pk))
    except Exception:
        # Whatever somebody wrote into the address names no act.
        return None


def in_words(actor: Actor, contexts: list[Context]) -> list[Act]:
    """These contexts with what they touched: as many statements for one as for many."""
    touched = _touched([context.pk for context in contexts])
    whos = who_acted(actor, [context.metadata for context in contexts])
    return [
        Act(str(context.pk), context.created_at, who, touched[context.pk])
        for context, who in zip(contexts, whos, strict=True)
    ]


def every_act(actor: Actor, most: int) -> Iterator[Act]:
    """The newest ``most`` acts, fetched piece by piece."""
    rows, last, given = acts_of(actor), None, 0
    while given < most:
        found = list((rows if last is None else older(rows, *last))[: min(CHUNK, most - given)])
        if not found:
            return
        yield from in_words(actor, found)
        given += len(found)
        last = (found[-1].created_at, str(found[-1].pk))


def event_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if issubclass(model, Event) and model._meta.managed]


def _touched(contexts: Iterable[Any]) -> defaultdict[Any, list[Touched]]:
    parts = []
    tracked = {model._meta.label: model.pgh_tracked_model for model in event_models()}  # type: ignore[attr-defined]  # by pghistory
    for model in event_models():
        rows = model._default_manager.filter(pgh_context__in=list(contexts)).order_by()
        kind = Value(model._meta.label, output_field=models.TextField())
        # Most keys are numbers, some are words: a union wants one kind.
        key = Cast("pgh_obj_id", models.TextField())
        parts.append(rows.values_list("pgh_context_id", kind, key, F("pgh_label")))
    found: defaultdict[Any, list[Touched]] = defaultdict(list)
    for context, label, key, event in dict.fromkeys(parts[0].union(*parts[1:], all=True)):
        found[context].append(_thing(tracked[label], key, event))
    return found


def _thing(model: type[models.Model], key: str, event: str) -> Touched:
    words, trail = title_of(model)
    what = {"insert": _("created"), "update": _("changed"), "delete": _("removed")}.get(event, event)
    url = reverse(f"audit:{trail}_history", args=[key]) if trail else ""
    return Touched(str(words), key, what, url)
