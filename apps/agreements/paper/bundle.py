"""An agreement as a ZIP file that can be checked without the portal."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from apps.core.actor import Actor
from apps.core.uploads import extension_of

from ..models import Agreement, AgreementVersion, ChainEntry
from ..models.agreements import canonical
from ..policies import is_side_of, shown_part
from ..services.circuit import facts_of
from ..terms import concerning
from .pdf import version_pdf

SCRIPT = Path(__file__).parent / "verify.py"
SPOOLED = 8 * 1024 * 1024


def agreement_bundle(actor: Actor, agreement: Agreement) -> IO[bytes]:
    """All versions that the actor sees, as they see them: text, PDF, attachments, scans, signatures; the chain; a script that
    checks them.

    Acts about what the actor does not see are withheld: only their place in the chain and their digest are given. What proves
    a signature (address, browser) is given for the actor's own side. A file that is gone from the disk is left out, which the
    script notices.
    """
    rows = AgreementVersion.objects.visible_to(actor).whole().filter(agreement=agreement).order_by("number")
    versions = list(rows.prefetch_related("signers__signatures__scan__added_by__organization"))
    parts = {version.number: shown_part(actor, version) for version in versions}
    record: dict[str, Any] = {
        "agreement": agreement.pk,
        "number": agreement.number,
        "state": agreement.state,
        "versions": [],
        "chain": [_entry(entry, parts) for entry in agreement.chain.order_by("sequence")],
        "files": {},
    }
    file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115  # handed on; closed by who sends it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for version in versions:
            record["versions"].append(_version(actor, version, parts[version.number]))
            _add(
                bundle, record, f"{agreement.number}-{version.number}.pdf", version_pdf(version, parts[version.number])
            )
        for pk, name in sorted(_files(versions, parts)):
            kept = agreement.files.get(pk=pk)
            with suppress(OSError), kept.file.open("rb") as content:
                _add(bundle, record, f"files/{pk}.{extension_of(name)}", content.read())
        bundle.writestr("agreement.json", canonical(record))
        bundle.write(SCRIPT, "verify.py")
    file.seek(0)
    return file


def _add(bundle: zipfile.ZipFile, record: dict[str, Any], name: str, content: bytes) -> None:
    bundle.writestr(name, content)
    record["files"][name] = hashlib.sha256(content).hexdigest()


def _entry(entry: ChainEntry, parts: dict[int, int | None]) -> dict[str, Any]:
    """An act with its place in the chain, or its place alone."""
    given = {"sequence": entry.sequence, "previous": entry.previous, "digest": entry.digest}
    number, document = entry.payload.get("version"), entry.payload.get("document")
    if number is not None and number not in parts:
        return given
    if document is not None and concerning(document, parts[number]) != document:
        return given | {"version": number}
    return given | {"payload": entry.payload}


def _version(actor: Actor, version: AgreementVersion, party: int | None) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "document": version.document(party),
        "party": party,
        "signatures": [
            facts_of(signature) | {"name": signature.name} | _evidence(actor, signer, signature)
            for signer in version.circuit
            for signature in signer.signatures.all()
            if signature.voided_at is None
        ],
    }


def _evidence(actor: Actor, signer: Any, signature: Any) -> dict[str, str]:
    if not (actor.is_system or is_side_of(actor, signer.party)):
        return {}
    return {"salt": signature.salt, "address": signature.address or "", "agent": signature.agent}


def _files(versions: list[AgreementVersion], parts: dict[int, int | None]) -> set[tuple[int, str]]:
    """Attachments of the parts that the actor reads, and scans of signatures on paper."""
    found = set()
    for version in versions:
        attachments = version.document(parts[version.number])["attachments"]
        found |= {(row["file"], row["name"]) for row in attachments}
        scans = (signer.standing.scan for signer in version.circuit if signer.standing)
        found |= {(scan.pk, scan.name) for scan in scans if scan}
    return found
