"""What own data announces, and asks of the apps above.

``person_erasing`` is sent in the transaction of the erasure, before any row is touched, with ``actor`` and ``person``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import Signal

from apps.accounts.models import User

person_erasing = Signal()

Obstacle = Callable[[User], Iterable[Any]]
_obstacles: list[Obstacle] = []
Former = Callable[[datetime], QuerySet[User]]
_former: list[Former] = []


def obstacle(find: Obstacle) -> Obstacle:
    """Register what lawfully stands against erasing a person; it yields reasons in words."""
    _obstacles.append(find)
    return find


def obstacles_of(person: User) -> list[str]:
    return [str(reason) for find in _obstacles for reason in find(person)]


def former_people(find: Former) -> Former:
    """Register who has left: the people whose account nobody has needed since a moment."""
    _former.append(find)
    return find


def left_before(moment: datetime) -> list[User]:
    """Those of whom every app says that they left before then."""
    if not _former:
        return []
    rows = User.objects.filter(erased_at=None, is_staff=False)
    for find in _former:
        rows = rows.filter(pk__in=find(moment).values("pk"))
    return list(rows.order_by("pk"))
