"""Agreements, what they can be for, their parties and signatures."""

from .agreements import (
    Agreement,
    AgreementGroupObjectPermission,
    AgreementParty,
    AgreementQuerySet,
    AgreementUserObjectPermission,
    Signature,
)
from .chain import ChainEntry
from .ledger import AgreedShare, LedgerEntry, LedgerEntryQuerySet
from .modes import ClauseKey, Mode, ModeQuerySet, ModeTemplate
from .obligations import Obligation, ObligationQuerySet

__all__ = [
    "AgreedShare",
    "Agreement",
    "AgreementGroupObjectPermission",
    "AgreementParty",
    "AgreementQuerySet",
    "AgreementUserObjectPermission",
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
]
