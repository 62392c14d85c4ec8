"""Forms of agreements."""

from .circuit import ReasonForm, SignForm
from .drafts import AgreementForm, ObligationForm, SharesForm
from .ledger import LedgerForm
from .life import TerminationForm
from .modes import ModeForm, TemplateForm
from .obligations import ReportForm, ShortReasonForm
from .paper import VerifyForm

__all__ = ["AgreementForm", "LedgerForm", "ModeForm", "ObligationForm", "ReasonForm", "ReportForm", "SharesForm", "ShortReasonForm", "SignForm", "TemplateForm", "TerminationForm", "VerifyForm"]
