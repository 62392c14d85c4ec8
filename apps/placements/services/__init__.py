"""Every write of this app."""

from .agreements import placement_agreement_draft, placement_agreements_ask
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
from .relocations import relocation_settle, relocations_find, relocations_propose

__all__ = [
    "journal_answer",
    "journal_submit",
    "obstacle_to_start",
    "placement_agreement_draft",
    "placement_agreements_ask",
    "placement_arrange",
    "placement_break_off",
    "placement_complete",
    "placement_name_academic_tutor",
    "placement_name_enterprise_tutor",
    "placement_start",
    "progress_log_record",
    "progress_log_revise",
    "relocation_settle",
    "relocations_find",
    "relocations_propose",
]
