"""What agreements hold about people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASE, KEEP, history, personal

personal(
    "agreements.Signature",
    person="signer__user",
    act=KEEP,
    retention="contract",
    why=_("You signed for your organization; the contract binds it after you have left."),
)
personal(
    "agreements.AgreementUserObjectPermission",
    person="user",
    act=ERASE,
    retention="account",
    why=_("Rights on an agreement; end with the membership."),
)
history("agreements.SignatureEvent")
personal(
    "agreements.LedgerEntry",
    person="recorded_by__user",
    act=KEEP,
    retention="contract",
    why=_("What your organization put in or got out under an agreement, with who wrote it down."),
)
history("agreements.LedgerEntryEvent")
personal(
    "agreements.Obligation",
    person="settled_by__user",
    act=KEEP,
    retention="contract",
    why=_("That an obligation was confirmed or waived, with who did it for your organization."),
)
history("agreements.ObligationEvent")
