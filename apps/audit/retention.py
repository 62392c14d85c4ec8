"""History that is older than it may be kept goes; the owner of the database alone can do it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from pghistory.models import Context

from .acts import event_models
from .models import SecurityEvent


@transaction.atomic
def history_prune(before: datetime) -> dict[str, int]:
    """Delete what was recorded before this moment, and say how much of what. A repeat finds nothing.

    Fails as the portal's own role (``DATABASE_OWNER_URL`` is needed). An object's first remaining event then reads as its
    creation.
    """
    gone: dict[str, int] = {}
    for model in event_models():
        gone[model._meta.label] = _delete(model._default_manager.filter(pgh_created_at__lt=before))
    gone[SecurityEvent._meta.label] = _delete(SecurityEvent.objects.filter(at__lt=before))
    idle = Context.objects.filter(created_at__lt=before)
    for model in event_models():
        idle = idle.filter(~Exists(model._default_manager.filter(pgh_context=OuterRef("pk"))))
    gone[Context._meta.label] = _delete(idle)
    return gone


def _delete(rows: QuerySet[Any]) -> int:
    # Without collecting: nothing hangs on these rows, and there may be millions.
    return int(rows.order_by()._raw_delete(rows.db))
