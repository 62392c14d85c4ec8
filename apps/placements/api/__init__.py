"""Placements, progress logs and journals over REST."""

from typing import Any

from .journals import JournalViewSet
from .logs import ProgressLogViewSet
from .placements import PlacementViewSet

routes: list[tuple[str, Any, str]] = [
    ("placements", PlacementViewSet, "placement"),
    ("progress-logs", ProgressLogViewSet, "progress-log"),
    ("journals", JournalViewSet, "journal"),
]
