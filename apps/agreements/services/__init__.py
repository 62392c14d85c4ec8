"""Every write about agreements and the modes that they follow."""

from .bulk import agreements_sign_ask
from .chain import anchor_write, chain_append
from .circuit import (
    ContentChanged,
    Evidence,
    agreement_recall,
    agreement_refuse,
    agreement_send_back,
    agreement_sign,
    agreement_submit,
    agreement_withdraw,
    signer_replace,
    signing_grants_sync,
    versions_lapse,
)
from .drafts import (
    agreement_draft,
    attachment_add,
    attachment_remove,
    new_duty_key,
    signers_set,
    version_propose,
    version_revise,
)
from .leaving import signer_left, student_left
from .ledger import ledger_record, ledger_void
from .life import (
    Preview,
    agreement_resume,
    agreement_suspend,
    agreement_terminate,
    agreements_end_due,
    earliest_last_day,
    termination_preview,
)
from .modes import mode_create, mode_retire, mode_revise, template_publish
from .obligations import obligation_confirm, obligation_dispute, obligation_report, obligation_waive
from .outside import (
    link_open,
    link_refuse,
    link_send_again,
    link_sign,
    signature_confirm_paper,
    signature_record_paper,
    signature_reject_paper,
)
from .reminders import reminders_send
from .shipped import install_shipped_modes
from .signers import Slot

__all__ = [
    "ContentChanged",
    "Evidence",
    "Preview",
    "Slot",
    "agreement_draft",
    "agreement_recall",
    "agreement_refuse",
    "agreement_resume",
    "agreement_send_back",
    "agreement_sign",
    "agreement_submit",
    "agreement_suspend",
    "agreement_terminate",
    "agreement_withdraw",
    "agreements_end_due",
    "agreements_sign_ask",
    "anchor_write",
    "attachment_add",
    "attachment_remove",
    "chain_append",
    "earliest_last_day",
    "install_shipped_modes",
    "ledger_record",
    "ledger_void",
    "link_open",
    "link_refuse",
    "link_send_again",
    "link_sign",
    "mode_create",
    "mode_retire",
    "mode_revise",
    "new_duty_key",
    "obligation_confirm",
    "obligation_dispute",
    "obligation_report",
    "obligation_waive",
    "reminders_send",
    "signature_confirm_paper",
    "signature_record_paper",
    "signature_reject_paper",
    "signer_left",
    "signer_replace",
    "signers_set",
    "signing_grants_sync",
    "student_left",
    "template_publish",
    "termination_preview",
    "version_propose",
    "version_revise",
    "versions_lapse",
]
