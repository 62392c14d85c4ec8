"""A document as people read it: names for keys, and numbers for clauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from .models import Agreement, AgreementVersion, Mode, Obligation, Signer


@dataclass(frozen=True, slots=True)
class Reading:
    """What ``agreements/_document.html`` shows. Each row of a document, with the parties by name."""

    title: str
    version: int
    kind: str
    mode: str
    framework: str
    starts_on: date
    ends_on: date
    parties: list[dict[str, Any]]
    clauses: list[dict[str, Any]]
    duties: list[dict[str, Any]]
    shares: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    signers: list[dict[str, Any]]


class Names:
    """Words for what a document names by key."""

    def __init__(self, *documents: dict[str, Any], others: dict[int, str] | None = None) -> None:
        named = {row["party"]: row["name"] for document in documents for row in document["parties"]}
        self.parties = (others or {}) | named

    def party(self, pk: int) -> str:
        return str(self.parties.get(pk, _("a former party")))

    def several(self, pks: list[int]) -> str:
        return _(", ").join(self.party(pk) for pk in pks)

    @staticmethod
    def mode(code: str) -> str:
        return str(Mode.objects.filter(pk=code).first() or code)

    @staticmethod
    def framework(pk: int | None) -> str:
        row = Agreement.objects.filter(pk=pk).first() if pk else None
        return f"{row} ({row.number})" if row else ""


def reading_of(version: AgreementVersion, party: int | None) -> Reading:
    """A version, whole or as one party is shown it, in the active language. Fetch it ``whole()``."""
    document, agreement = version.document(party), version.agreement
    names = Names(document, others={signer.party_id: str(signer.party) for signer in version.circuit})
    capacities, kinds = dict(Signer.Capacity.choices), dict(Obligation.Kind.choices)
    return Reading(
        title=document["title"],
        version=document["version"],
        kind=str(AgreementVersion.Kind(document["kind"]).label),
        mode=str(agreement.mode),
        framework=f"{agreement.framework} ({agreement.framework.number})" if agreement.framework else "",
        starts_on=date.fromisoformat(document["starts_on"]),
        ends_on=date.fromisoformat(document["ends_on"]),
        parties=document["parties"],
        clauses=[row | {"concerns": names.several(row["concerns"])} for row in document["clauses"]],
        duties=[
            row
            | {
                "party": names.party(row["party"]),
                "kind": str(kinds.get(row["kind"], row["kind"])),
                "quantity": Decimal(row["quantity"]),
                "due_on": date.fromisoformat(row["due_on"]),
            }
            for row in document["duties"]
        ],
        shares=[
            {"party": names.party(row["party"]), "benefit": Decimal(row["benefit"]), "risk": Decimal(row["risk"])}
            for row in document["shares"]
        ],
        attachments=[row | {"concerns": names.several(row["concerns"])} for row in document["attachments"]],
        signers=[
            {"party": names.party(party), "capacity": str(capacities.get(capacity, capacity)), "order": order}
            for party, capacity, order in sorted(document["signers"], key=lambda row: (row[2], row[0]))
        ],
    )
