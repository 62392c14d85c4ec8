"""The timeline of one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: when, by whom, the state that it led to (or the row's creation)."""

    at: datetime
    who: str
    label: str
    state: str


def history_of(row: models.Model) -> list[Entry]:
    """Every recorded step of a tracked row with a state, newest first; three statements whatever the length."""
    events = row.events.select_related("pgh_context").order_by("-pgh_id")  # type: ignore[attr-defined]  # by pghistory
    steps: list[Any] = []
    for event in reversed(events):
        if not steps or steps[-1].state != event.state:
            steps.append(event)
    names = dict(
        User.objects.filter(
            pk__in={event.pgh_context.metadata.get("user") for event in steps if event.pgh_context is not None} - {None}
        ).values_list("pk", "name")
    )
    labels = dict(row._meta.get_field("state").flatchoices)  # type: ignore[union-attr]  # a field with choices
    return [
        Entry(
            at=event.pgh_created_at,
            who=_who(event, names),
            label=str(labels.get(event.state, event.state)),
            state=event.state,
        )
        for event in reversed(steps)
    ]


def _who(event: Any, names: dict[int, str]) -> str:
    user_id = event.pgh_context.metadata.get("user", 0) if event.pgh_context is not None else 0
    return names.get(user_id) or _("the portal")
