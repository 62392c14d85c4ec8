"""What is due by the table of periods goes, and nothing else."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import service

from ..events import left_before
from ..models import LegalHold
from ..periods import days_of
from ..register import Holding, register
from .erasures import erasure_carry_out

logger = logging.getLogger(__name__)


def retention_apply(actor: Actor, *, now: datetime | None = None) -> dict[str, int]:
    """Delete or blank every row whose period is over, and erase who left long ago; returns how many rows of what.

    Each class is a transaction of its own: one that fails is logged and does not stop the others. People under a legal hold
    are left alone. A repeat finds nothing.
    """
    now = now or timezone.now()
    done: dict[str, int] = {}
    for holding in register.children_first():
        if holding.since and days_of(holding.retention):
            try:
                done[holding.label] = done.get(holding.label, 0) + _retain(actor, holding=holding, now=now)
            except Exception as error:
                # Whatever is wrong with this class, the others are due all the same.
                logger.error("retention of %s failed: %s", holding.label, type(error).__name__)
    done["accounts.User"] = _erase_former(actor, now)
    return done


@service
def _retain(actor: Actor, *, holding: Holding, now: datetime) -> int:
    return holding.erase(_unheld(holding, _due(holding, now)))


def _due(holding: Holding, now: datetime) -> QuerySet[models.Model]:
    before = now - timedelta(days=days_of(holding.retention))
    field = _field_at(holding.model, holding.since)
    limit = timezone.localdate(before) if not isinstance(field, models.DateTimeField) else before
    due = holding.rows().filter(**{f"{holding.since}__lt": limit})
    return holding.model._base_manager.filter(pk__in=due.values("pk"))


def _field_at(model: type[models.Model], path: str) -> models.Field:
    *steps, last = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]  # paths lead over keys alone
    return model._meta.get_field(last)  # type: ignore[return-value]  # a date or a time


def _unheld(holding: Holding, rows: QuerySet[models.Model]) -> QuerySet[models.Model]:
    held = User.objects.filter(legal_holds__in=LegalHold.objects.standing())
    for person in held:
        rows = rows.exclude(pk__in=holding.rows().filter(holding.about(person)).values("pk"))
    return rows


def _erase_former(actor: Actor, now: datetime) -> int:
    erased = 0
    for person in left_before(now - timedelta(days=days_of("account"))):
        try:
            erasure_carry_out(actor, person_id=person.pk)
        except WrongState:
            continue
        erased += 1
    return erased
