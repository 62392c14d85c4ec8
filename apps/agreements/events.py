"""What agreements announce, and what they ask of the apps above. Receivers run in the sender's transaction.

What is announced is sent with ``actor`` and ``agreement``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.dispatch import Signal

from apps.core.actor import Actor
from apps.core.errors import Text

from .models import Agreement

agreement_in_force = Signal()
agreement_amended = Signal()
agreement_suspended = Signal()
agreement_notice_given = Signal()
"""It will end before the agreed end; ``agreement.last_day`` says when."""
agreement_terminated = Signal()
"""Its last day has come, before the agreed end."""
agreement_expired = Signal()
"""Its term is over."""

effects_asked = Signal()
"""Asked with ``actor``, ``agreement`` and ``last_day``; a receiver returns a list of ``Effect``."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody or something that the end of an agreement touches, and its page."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What the end of an agreement does, in words: ``text`` says what becomes of ``count`` things of a ``kind`` (``label``).

    ``touched``: the first of those that the actor sees; there can be more.
    """

    kind: str
    label: Text
    count: int
    text: Text
    touched: tuple[Touched, ...] = ()


SHOWN = 50
"""How many an effect names at most."""


def effects_of(actor: Actor, agreement: Agreement, last_day: date) -> list[Effect]:
    """All that the apps above say an end on ``last_day`` would do, people first. Reads only."""
    answers: list[tuple[Any, Any]] = effects_asked.send(Agreement, actor=actor, agreement=agreement, last_day=last_day)
    return [effect for _receiver, found in reversed(answers) for effect in found if effect.count]


groups_asked = Signal()
"""Asked with ``actor`` and ``agreements`` (a query of ids); a receiver returns a list of ``Group``."""


@dataclass(frozen=True, slots=True)
class Group:
    """Agreements that belong together for who signs many: ``agreements`` is a query of their ids."""

    key: str
    label: str
    agreements: QuerySet[Any, Any]


def groups_of(actor: Actor, agreements: QuerySet[Any, Any]) -> list[Group]:
    """How the apps above divide these agreements."""
    answers: list[tuple[Any, Any]] = groups_asked.send(Agreement, actor=actor, agreements=agreements)
    return [group for _receiver, groups in answers for group in groups]
