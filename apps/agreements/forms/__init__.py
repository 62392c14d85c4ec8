"""Forms of agreements."""

from .circuit import LinkSignForm, PaperForm, ReasonForm, SignerForm, SignForm
from .drafts import AgreementForm, ProposeForm
from .ledger import LedgerForm
from .life import TerminationForm
from .modes import ModeForm, TemplateForm
from .obligations import ReportForm, ShortReasonForm
from .paper import VerifyForm
from .parts import AttachmentForm, DutyForm, SharesForm, ValuesForm
from .rows import ClausesForm, SignersForm

__all__ = [
    "AgreementForm",
    "AttachmentForm",
    "ClausesForm",
    "DutyForm",
    "LedgerForm",
    "LinkSignForm",
    "ModeForm",
    "PaperForm",
    "ProposeForm",
    "ReasonForm",
    "ReportForm",
    "SharesForm",
    "ShortReasonForm",
    "SignForm",
    "SignerForm",
    "SignersForm",
    "TemplateForm",
    "TerminationForm",
    "ValuesForm",
    "VerifyForm",
]
