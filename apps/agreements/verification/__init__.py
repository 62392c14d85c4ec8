"""Whether agreements are what was signed: chains recomputed, and all that they say compared with rows and files.

Law: a change of a signed text, or of a signature, must be detectable (Electronic Signature Law of China, art. 13).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..models import Agreement, AgreementVersion, ChainEntry
from ..models.chain import BEGINNING
from ..services.chain import anchors_in
from .replay import Replay
from .rows import row_faults

BATCH = 200


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
    agreements = Agreement.objects.prefetch_related("parties", "obligations", "files")
    while batch := list(agreements.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        chains: dict[int, list[ChainEntry]] = defaultdict(list)
        for entry in ChainEntry.objects.filter(agreement__in=batch).order_by("agreement_id", "sequence"):
            chains[entry.agreement_id].append(entry)
        versions = _versions(batch)
        for agreement in batch:
            chain = chains[agreement.pk]
            replay = Replay(chain)
            texts = [
                *_chain_faults(chain),
                *_head_faults(chain, heads.pop(agreement.pk, {})),
                *replay.faults,
                *row_faults(agreement, versions[agreement.pk], replay),
            ]
            yield from (Fault(agreement.pk, text) for text in texts)
        done += len(batch)
        tell(done)
    for agreement_id in heads:
        yield Fault(agreement_id, "is gone, an anchor knows it")


def _versions(batch: list[Agreement]) -> dict[int, list[AgreementVersion]]:
    """The versions of each agreement, with signers and signatures, in as many statements for one as for many."""
    agreements = {agreement.pk: agreement for agreement in batch}
    found: dict[int, list[AgreementVersion]] = defaultdict(list)
    rows = AgreementVersion.objects.filter(agreement__in=batch).order_by("agreement_id", "number")
    for version in rows.prefetch_related("signers__party", "signers__signatures__scan"):
        version.agreement = agreements[version.agreement_id]
        found[version.agreement_id].append(version)
    return found


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
