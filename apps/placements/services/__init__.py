"""Every write of this app."""

from .journals import journal_answer, journal_submit
from .logs import progress_log_record, progress_log_revise
from .placements import (
    obstacle_to_start,
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_academic_tutor,
    placement_name_enterprise_tutor,
    placement_start,
)

__all__ = [
    "journal_answer",
    "journal_submit",
    "obstacle_to_start",
    "placement_arrange",
    "placement_break_off",
    "placement_complete",
    "placement_name_academic_tutor",
    "placement_name_enterprise_tutor",
    "placement_start",
    "progress_log_record",
    "progress_log_revise",
]
