"""What the sources of the queue have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.actor import Actor

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: what, about whom, until or since when, and the one button."""

    title: str
    meta: str
    url: str
    action: str
    icon: str
    tone: str = "neutral"
    due: date | None = None
    since: datetime | date | None = None


Source = Callable[[Actor, date], Iterator[Item]]


def few(rows: models.QuerySet[Any], make: Callable[[Any], Item], list_url: str) -> Iterator[Item]:
    """An item a row, and one that leads to the list when there are more."""
    found = list(rows[: SHOWN + 1])
    yield from (make(row) for row in islice(found, SHOWN))
    if len(found) > SHOWN:
        yield Item(_("More of these"), "", reverse(list_url), _("Open the list"), "list", "neutral")
