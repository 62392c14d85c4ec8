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
    """Every recorded step of a tracked row with a state, newest first; two statements whatever the length.

    Changes that left the state as it was are no steps.
    """
    recorded = row.events.select_related("pgh_context").only(  # type: ignore[attr-defined]  # by pghistory
        "pgh_obj", "state", "pgh_created_at", "pgh_context__metadata"
    )
    steps: list[Any] = []
    for event in recorded.order_by("pgh_id"):
        if not steps or steps[-1].state != event.state:
            steps.append(event)
    names = dict(User.objects.filter(pk__in={_user_id(event) for event in steps}).values_list("pk", "name"))
    labels = dict(row._meta.get_field("state").flatchoices)  # type: ignore[union-attr]  # a field with choices
    return [
        Entry(
            at=event.pgh_created_at,
            who=names.get(_user_id(event)) or _("the portal"),
            label=str(labels.get(event.state, event.state)),
            state=event.state,
        )
        for event in reversed(steps)
    ]


def _user_id(event: Any) -> int:
    """0 for the system, and for what no service did."""
    if event.pgh_context is None:
        return 0
    user_id: int = event.pgh_context.metadata.get("user", 0)
    return user_id
