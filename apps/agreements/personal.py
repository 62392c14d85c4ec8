"""What agreements hold about people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASE, KEEP, history, personal

CONTRACT = _("It stands in a contract, which binds and proves after you have left.")

personal(
    "agreements.AgreementParty",
    person="student__user",
    act=KEEP,
    retention="contract",
    why=CONTRACT,
    title=_("Agreements to which you are a party"),
)
personal(
    "agreements.AgreementVersion",
    person="signers__party__student__user",
    act=KEEP,
    retention="contract",
    why=CONTRACT,
    fields=["agreement", "number", "kind", "state", "terms", "submitted_at", "in_force_at"],
)
personal(
    "agreements.Signer",
    person=["membership__user", "deputy__user", "party__student__user"],
    act=KEEP,
    retention="contract",
    why=CONTRACT,
)
personal(
    "agreements.Signature",
    person=["membership__user", "signer__party__student__user"],
    act=KEEP,
    retention="contract",
    why=CONTRACT,
)
personal(
    "agreements.Signature",
    title=_("Signatures on paper that you confirmed"),
    person="confirmed_by__user",
    act=KEEP,
    retention="contract",
    why=CONTRACT,
    fields=["signer", "confirmed_at"],
)
personal(
    "agreements.AgreementFile",
    person="added_by__user",
    act=KEEP,
    retention="contract",
    why=CONTRACT,
    fields=["agreement", "name", "sha256", "added_at"],
)
personal(
    "agreements.SigningLink",
    person="signer__party__student__user",
    act=ERASE,
    retention="technical",
    why=_("A one-time link by which a guardian signs; of its key only a hash is stored."),
    since="created_at",
)
personal(
    "agreements.AgreementUserObjectPermission",
    person="user",
    act=ERASE,
    retention="account",
    why=_("Rights on an agreement; end with the membership."),
)
history("agreements.SignatureEvent")
history("agreements.SignerEvent")
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
