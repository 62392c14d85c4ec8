"""How agreements of the demo are signed: in the portal, or on paper before the portal was there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from django.core.files.base import ContentFile

from apps.agreements.models import AgreementVersion, Mode
from apps.agreements.policies import is_side_of
from apps.agreements.services import (
    Evidence,
    agreement_sign,
    signature_confirm_paper,
    signature_record_paper,
)
from apps.agreements.terms import Clause
from apps.core.actor import Actor

from .papers import page

EVIDENCE = Evidence(factor="totp", address="192.0.2.17", agent="Mozilla/5.0 (demo)")
WRITTEN_BEFORE = 7
"""days before the start on which a paper was signed"""


def clauses(mode: str, purpose: str) -> list[Clause]:
    """The text of a mode; what the cooperation is about stands in the clause on its content."""
    template = Mode.objects.get(pk=mode).templates.first()
    rows = template.clauses_in("zh-hans") if template else []
    return [
        Clause(row["key"], row["heading"], row["text"] + (f"\n{purpose}" if row["key"] == "scope" else ""))
        for row in rows
    ]


def newest(agreement_id: int) -> AgreementVersion:
    """The last version, with its signers."""
    return AgreementVersion.objects.whole().filter(agreement=agreement_id).order_by("-number")[0]


def sign_here(agreement_id: int, actors: Sequence[Actor]) -> None:
    """These sign in the portal, each for their own party, in this order."""
    for actor in actors:
        version = newest(agreement_id)
        party = next(signer.party for signer in version.waiting() if is_side_of(actor, signer.party))
        agreement_sign(actor, agreement_id=agreement_id, content_hash=version.hash_for(party.pk), evidence=EVIDENCE)


def sign_on_paper(
    agreement_id: int, keeper: Actor, witnesses: Sequence[Actor], day: date, names: Mapping[int, str]
) -> None:
    """Everybody signed on paper on this day; ``keeper`` records each with its scan; the party itself, or else another, confirms.

    ``names``: by organization, who signed where the circuit names nobody.
    """
    while (version := newest(agreement_id)).state == AgreementVersion.State.AWAITING_SIGNATURES:
        for signer in version.waiting():
            scan = page(
                version.agreement.number, f"Signer {signer.pk}, {signer.capacity}", f"Signed on {day.isoformat()}"
            )
            signature = signature_record_paper(
                keeper,
                signer_id=signer.pk,
                name=signer.who or names[signer.party.organization_id or 0],
                signed_on=day,
                scan=ContentFile(scan, name=f"scan-{signer.pk}.pdf"),
                sha256=hashlib.sha256(scan).hexdigest(),
            )
            home = signer.party.organization_id
            witness = next((one for one in witnesses if one.organization_id == home), witnesses[0])
            signature_confirm_paper(witness, signature_id=signature.pk)
