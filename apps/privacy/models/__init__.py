"""Consents and their texts, guardians of minors, requests for erasure, legal holds, disclosures."""

from .consents import Consent, ConsentText, Purpose
from .disclosures import Disclosure
from .erasures import ErasureRequest, LegalHold
from .guardians import GuardianLink, LegalGuardian

__all__ = [
    "Consent",
    "ConsentText",
    "Disclosure",
    "ErasureRequest",
    "GuardianLink",
    "LegalGuardian",
    "LegalHold",
    "Purpose",
]
