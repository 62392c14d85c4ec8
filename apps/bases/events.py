"""What the pages of bases ask of the apps above."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.dispatch import Signal
from django.utils.safestring import SafeString

intake_shown = Signal()
"""The page of an intake is being made: sent with ``request``, ``intake`` and ``positions``; a receiver returns a ``Part``."""


@dataclass(frozen=True, slots=True)
class Part:
    """What an app above adds to the page of an intake: acts by position, and a section below the positions."""

    acts: dict[int, SafeString] = field(default_factory=dict)
    section: SafeString = field(default_factory=SafeString)
