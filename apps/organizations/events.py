"""What organizations announce, and what they ask of the apps above. Receivers run in the sender's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

from apps.core.errors import Text

from .models import Membership


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Something that hangs on a membership now, in words: ``text`` says what and how much, ``names`` about whom.

    ``passes_on``: a successor must take it over. ``obstacle``: why the membership cannot end while it is there.
    """

    text: Text
    names: tuple[str, ...] = ()
    passes_on: bool = True
    obstacle: Text = ""


open_work_asked = Signal()
"""Asked with ``membership``; a receiver returns a list of ``OpenWork``."""

membership_ending = Signal()
"""Sent with ``actor``, ``membership`` and ``successor`` (or ``None``) before a membership ends: receivers move its open work."""

membership_ended = Signal()
"""Sent with ``actor``, ``membership`` and ``successor``; the latter is set only when open work passed to them."""

registration_submitted = Signal()
registration_decided = Signal()
"""Each is sent with ``actor`` and ``registration``; decided is approved or rejected."""

organization_suspended = Signal()
organization_resumed = Signal()
"""Each is sent with ``actor`` and ``organization``."""


def open_work_of(membership: Membership) -> list[OpenWork]:
    """All that the apps above say hangs on this membership."""
    answers: list[tuple[Any, Any]] = open_work_asked.send(Membership, membership=membership)
    return [work for _receiver, found in answers for work in found]


role_rights_changed = Signal()
"""A role or a person of ``organization`` may do more or less (``codename``) there: grants made by that right must follow."""
