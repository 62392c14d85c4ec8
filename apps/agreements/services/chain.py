"""Adding to the chain, and writing its heads down elsewhere."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.core.actor import Actor

from ..models import Agreement, ChainEntry
from ..models.agreements import canonical
from ..models.chain import BEGINNING


def time_of(moment: datetime | None) -> str:
    """A moment as the chain keeps it."""
    return moment.isoformat() if moment else ""


def chain_append(actor: Actor, agreement: Agreement, event: str, **facts: Any) -> ChainEntry:
    """Add an act to the agreement's chain. Call it in the transaction of the act, with the agreement's row held."""
    last = ChainEntry.objects.filter(agreement=agreement).order_by("-sequence").first()
    entry = chain_entry(actor, agreement.pk, last, event, timezone.now(), facts)
    entry.save(force_insert=True)
    return entry


def chain_entry(
    actor: Actor, agreement_id: int, last: ChainEntry | None, event: str, at: datetime, facts: dict[str, Any]
) -> ChainEntry:
    """The entry that follows ``last``, not saved."""
    entry = ChainEntry(
        agreement_id=agreement_id,
        sequence=last.sequence + 1 if last else 1,
        previous=last.digest if last else BEGINNING,
        payload={"event": event, "at": at.isoformat(), **actor.history(), **facts},
    )
    entry.digest = entry.computed_digest()
    return entry


_HEAD = ("agreement_id", "sequence", "digest")


def anchors_in(folder: Path) -> list[Path]:
    """The anchors, the oldest first."""
    return sorted(folder.glob("anchor-*.json"))


def anchor_write(folder: Path | None = None) -> Path | None:
    """Write the heads that no anchor has yet to a file; ``None`` when there are none. By head and not by key: an entry that was
    committed late is not passed over.

    Each file names the SHA-256 of the one before. ``ANCHOR_DIR`` belongs on another machine or a medium that is written once:
    who cuts a chain's tail would have to cut there, too.
    """
    folder = folder or Path(settings.ANCHOR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    written = anchors_in(folder)
    known: dict[str, list[Any]] = {}
    for path in written:
        known |= json.loads(path.read_bytes())["heads"]
    last = ChainEntry.objects.order_by("agreement_id", "-sequence").distinct("agreement_id")
    heads = {str(agreement): [number, digest] for agreement, number, digest in last.values_list(*_HEAD)}
    grown = {agreement: head for agreement, head in heads.items() if known.get(agreement) != head}
    if not grown:
        return None
    content = {
        "at": timezone.now().isoformat(),
        "previous": hashlib.sha256(written[-1].read_bytes()).hexdigest() if written else "",
        "heads": grown,
    }
    path = folder / f"anchor-{len(written) + 1:06d}.json"
    with path.open("xb") as file:
        file.write(canonical(content))
    return path
