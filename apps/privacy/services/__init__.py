"""Every write about what people may ask of their own data."""

from .consents import (
    consent_give,
    consent_given,
    consent_text_publish,
    consent_withdraw,
    guardian_consent_withdraw,
    paper_consent_record,
)
from .copies import copy_ask
from .disclosures import disclosure_record
from .erasures import (
    erasure_ask,
    erasure_carry_out,
    erasure_refuse,
    erasure_withdraw,
    erasures_carry_out_due,
    erasures_reapply,
    hold_lift,
    hold_place,
)
from .guardians import guardian_answer, guardian_ask_again, guardian_end, guardian_register, waits_for_guardian
from .retention import retention_apply

__all__ = [
    "consent_give",
    "consent_given",
    "consent_text_publish",
    "consent_withdraw",
    "copy_ask",
    "disclosure_record",
    "erasure_ask",
    "erasure_carry_out",
    "erasure_refuse",
    "erasure_withdraw",
    "erasures_carry_out_due",
    "erasures_reapply",
    "guardian_answer",
    "guardian_ask_again",
    "guardian_consent_withdraw",
    "guardian_end",
    "guardian_register",
    "hold_lift",
    "hold_place",
    "paper_consent_record",
    "retention_apply",
    "waits_for_guardian",
]
