"""Every write about agreements and the modes that they follow."""

from .agreements import (
    agreement_draft,
    agreement_revise,
    agreement_sign,
    agreement_submit,
    agreement_terminate,
    signing_grants_sync,
)
from .chain import anchor_write
from .ledger import ledger_record, ledger_void, shares_set
from .modes import mode_create, mode_retire, mode_revise, mode_text, template_publish
from .obligations import (
    obligation_add,
    obligation_confirm,
    obligation_dispute,
    obligation_remove,
    obligation_report,
    obligation_waive,
)
from .reminders import reminders_send
from .shipped import install_shipped_modes

__all__ = [
    "agreement_draft",
    "agreement_revise",
    "agreement_sign",
    "agreement_submit",
    "agreement_terminate",
    "anchor_write",
    "install_shipped_modes",
    "ledger_record",
    "ledger_void",
    "mode_create",
    "mode_retire",
    "mode_revise",
    "mode_text",
    "obligation_add",
    "obligation_confirm",
    "obligation_dispute",
    "obligation_remove",
    "obligation_report",
    "obligation_waive",
    "reminders_send",
    "shares_set",
    "signing_grants_sync",
    "template_publish",
]
