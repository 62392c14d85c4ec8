"""Agreements over REST."""

from .agreements import AgreementVersionViewSet, AgreementViewSet
from .ledger import LedgerEntryViewSet
from .modes import ModeViewSet

routes = [
    ("agreements", AgreementViewSet, "agreement"),
    ("agreement-versions", AgreementVersionViewSet, "agreement-version"),
    ("agreement-modes", ModeViewSet, "agreement-mode"),
    ("ledger-entries", LedgerEntryViewSet, "ledger-entry"),
]
