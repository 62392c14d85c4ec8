"""Whether agreements are what was signed: the chain recomputed, and everything that it says compared with the rows.

Law: a change of a signed text, or of a signature, must be detectable (Electronic Signature Law of China, art. 13).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .models import Agreement, ChainEntry, Signature
from .models.agreements import canonical
from .models.chain import BEGINNING
from .services.chain import anchors_in

BATCH = 500
STATE_AFTER = {
    "submitted": Agreement.State.AWAITING_SIGNATURES,
    "in_force": Agreement.State.IN_FORCE,
    "terminated": Agreement.State.TERMINATED,
}
TIMES = {"submitted": "submitted_at", "in_force": "in_force_at", "terminated": "terminated_at"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was done; ``agreement`` 0 for a fault of the anchors."""

    agreement: int
    text: str

    def __str__(self) -> str:
        return f"AG-{self.agreement:06d}: {self.text}" if self.agreement else self.text


def verify(folder: Path, tell: Callable[[int], None] = lambda done: None) -> Iterator[Fault]:
    """Every fault of every agreement, and of the anchors in ``folder``. ``tell`` hears how many agreements are done."""
    heads: dict[int, dict[int, str]] = defaultdict(dict)
    yield from _anchor_faults(folder, heads)
    done, last = 0, 0
    while batch := list(Agreement.objects.whole().filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        chains: dict[int, list[ChainEntry]] = defaultdict(list)
        for entry in ChainEntry.objects.filter(agreement__in=batch).order_by("agreement_id", "sequence"):
            chains[entry.agreement_id].append(entry)
        for agreement in batch:
            yield from _faults(agreement, chains[agreement.pk], heads.pop(agreement.pk, {}))
        done += len(batch)
        tell(done)
    for agreement_id in heads:
        yield Fault(agreement_id, "is gone, an anchor knows it")


def _anchor_faults(folder: Path, heads: dict[int, dict[int, str]]) -> Iterator[Fault]:
    """Check that each anchor follows the one before, and gather into ``heads`` what they know."""
    before = b""
    for number, path in enumerate(anchors_in(folder), 1):
        raw = path.read_bytes()
        if path.name != f"anchor-{number:06d}.json":
            yield Fault(0, f"{path.name}: an anchor before it is missing")
            return
        try:
            anchor = json.loads(raw)
        except ValueError:
            yield Fault(0, f"{path.name}: cannot be read")
            return
        if anchor["previous"] != (hashlib.sha256(before).hexdigest() if before else ""):
            yield Fault(0, f"{path.name}: does not follow the anchor before it")
        for agreement, (sequence, digest) in anchor["heads"].items():
            heads[int(agreement)][sequence] = digest
        before = raw


def _faults(agreement: Agreement, chain: list[ChainEntry], heads: dict[int, str]) -> Iterator[Fault]:
    for text in [*_chain_faults(chain), *_head_faults(chain, heads), *_row_faults(agreement, chain)]:
        yield Fault(agreement.pk, text)


def _chain_faults(chain: list[ChainEntry]) -> Iterator[str]:
    previous = BEGINNING
    for number, entry in enumerate(chain, 1):
        if entry.sequence != number:
            yield f"entry {number} of the chain is missing"
            return
        if entry.previous != previous:
            yield f"entry {number} does not follow the entry before it"
        if entry.digest != entry.computed_digest():
            yield f"entry {number} was changed"
        previous = entry.digest


def _head_faults(chain: list[ChainEntry], heads: dict[int, str]) -> Iterator[str]:
    digests = {entry.sequence: entry.digest for entry in chain}
    for sequence, digest in sorted(heads.items()):
        if sequence not in digests:
            yield f"the chain was cut: an anchor knows entry {sequence}"
        elif digests[sequence] != digest:
            yield f"entry {sequence} is not the one that was anchored"


def _row_faults(agreement: Agreement, chain: list[ChainEntry]) -> Iterator[str]:
    """What the chain says happened, against what the tables say."""
    acts = {entry.payload["event"]: entry.payload for entry in chain if entry.payload.get("event") in STATE_AFTER}
    state = next((STATE_AFTER[event] for event in reversed(acts)), Agreement.State.DRAFT)
    if agreement.state != state:
        yield f"the state is {agreement.state}, the chain says {state}"
    for event, column in TIMES.items():
        stands, said = getattr(agreement, column), acts.get(event, {}).get(column)
        if (stands.isoformat() if stands else None) != said:
            yield f"{column} is not as recorded"
    if agreement.termination_reason != acts.get("terminated", {}).get("reason", ""):
        yield "the reason for the termination is not as recorded"
    if "submitted" not in acts:
        return
    shown, stands = acts["submitted"]["document"], agreement.document
    changed = sorted(key for key in {*shown, *stands} if shown.get(key) != stands.get(key))
    if changed:
        yield f"changed after it was shown: {', '.join(changed)}"
    yield from _signature_faults(agreement, chain, hashlib.sha256(canonical(shown)).hexdigest())


def _signature_faults(agreement: Agreement, chain: list[ChainEntry], content_hash: str) -> Iterator[str]:
    said = {entry.payload["organization"]: entry.payload for entry in chain if entry.payload.get("event") == "signed"}
    stands: dict[int, Signature] = {
        party.organization_id: party.signature for party in agreement.parties.all() if hasattr(party, "signature")
    }
    for organization in sorted({*said, *stands}):
        if organization not in stands:
            yield f"the signature of organization {organization} is gone"
        elif organization not in said:
            yield f"organization {organization} has a signature that nobody gave"
        else:
            row, act = stands[organization], said[organization]
            if row.signer_id != act["membership"] or row.signed_at.isoformat() != act["signed_at"]:
                yield f"the signature of organization {organization} was changed"
            if not row.content_hash == act["content_hash"] == content_hash:
                yield f"organization {organization} signed something else"
