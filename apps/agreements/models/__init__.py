"""Agreements, what they can be for, their parties and signatures."""

from .agreements import (
    Agreement,
    AgreementGroupObjectPermission,
    AgreementParty,
    AgreementQuerySet,
    AgreementUserObjectPermission,
)
from .chain import ChainEntry
from .ledger import LedgerEntry, LedgerEntryQuerySet
from .modes import ClauseKey, Mode, ModeQuerySet, ModeTemplate
from .obligations import Obligation, ObligationQuerySet
from .versions import (
    AgreementFile,
    AgreementVersion,
    AgreementVersionQuerySet,
    Signature,
    Signer,
    SigningLink,
)

__all__ = [
    "Agreement",
    "AgreementFile",
    "AgreementGroupObjectPermission",
    "AgreementParty",
    "AgreementQuerySet",
    "AgreementUserObjectPermission",
    "AgreementVersion",
    "AgreementVersionQuerySet",
    "ChainEntry",
    "ClauseKey",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "Mode",
    "ModeQuerySet",
    "ModeTemplate",
    "Obligation",
    "ObligationQuerySet",
    "Signature",
    "Signer",
    "SigningLink",
]
