"""Adding to the chain, and writing its heads down elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from apps.core.actor import Actor

from ..models import Agreement, ChainEntry
from ..models.chain import BEGINNING, canonical


def chain_append(actor: Actor, agreement: Agreement, event: str, **facts: Any) -> ChainEntry:
    """Add an act to the agreement's chain. Call it in the transaction of the act, with the agreement's row held."""
    last = ChainEntry.objects.filter(agreement=agreement).order_by("-sequence").first()
    entry = ChainEntry(
        agreement=agreement,
        sequence=last.sequence + 1 if last else 1,
        previous=last.digest if last else BEGINNING,
        payload={"event": event, "at": timezone.now().isoformat(), **actor.history(), **facts},
    )
    entry.digest = entry.computed_digest()
    entry.save(force_insert=True)
    return entry


def anchors_in(folder: Path) -> list[Path]:
    """The anchors, the oldest first."""
    return sorted(folder.glob("anchor-*.json"))


def anchor_write(folder: Path | None = None) -> Path | None:
    """Write the heads of all chains that grew since the last anchor to a file; ``None`` when none did.

    Each file names the SHA-256 of the one before. ``ANCHOR_DIR`` belongs on another machine or a medium that is written once:
    who cuts a chain's tail would have to cut there, too.
    """
    folder = folder or Path(settings.ANCHOR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    written = anchors_in(folder)
    before = written[-1].read_bytes() if written else b""
    since = json.loads(before)["up_to"] if written else 0
    up_to = ChainEntry.objects.aggregate(up_to=Max("pk"))["up_to"] or 0
    if up_to == since:
        return None
    grown = ChainEntry.objects.filter(pk__gt=since, pk__lte=up_to).order_by("pk")
    heads = {
        agreement: [number, digest]
        for agreement, number, digest in grown.values_list("agreement_id", "sequence", "digest")
    }
    content = {
        "at": timezone.now().isoformat(),
        "up_to": up_to,
        "previous": hashlib.sha256(before).hexdigest() if written else "",
        "heads": {str(agreement): head for agreement, head in heads.items()},
    }
    path = folder / f"anchor-{len(written) + 1:06d}.json"
    with path.open("xb") as file:
        file.write(canonical(content))
    return path
