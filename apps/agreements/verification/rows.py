"""What the chain of an agreement says, against what its rows and files say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.exceptions import SuspiciousOperation

from ..models import Agreement, AgreementFile, AgreementVersion, Obligation, Signature, Signer
from ..models.agreements import canonical
from ..services.circuit import facts_of
from ..terms import concerning
from .replay import Replay, Text

Life, State = Agreement.State, AgreementVersion.State
LIFE_COLUMNS = (
    "in_force_at",
    "suspended_at",
    "suspended_by_id",
    "suspension_reason",
    "notice_given_at",
    "last_day",
    "cause",
    "termination_reason",
    "settlement",
    "ended_at",
)
COMPLETE = {State.IN_FORCE, State.SUPERSEDED}


def row_faults(agreement: Agreement, versions: list[AgreementVersion], replay: Replay) -> Iterator[str]:
    """Every difference between the rows of one agreement, with its files on disk, and its chain."""
    yield from _life_faults(agreement, versions, replay)
    numbers = [version.number for version in versions]
    if numbers != list(range(1, max([*replay.versions, *numbers], default=0) + 1)):
        yield "a version is missing"
    for version in versions:
        text = replay.versions.get(version.number)
        yield from _version_faults(version, text) if text else _unshown_faults(version)
        yield from _signature_faults(version, text, replay)
    rows = {signature.pk for version in versions for signer in version.signers.all() for signature in _given(signer)}
    yield from (f"signature {pk} is gone" for pk in sorted(set(replay.signed) - rows))
    yield from _party_faults(agreement, versions, replay)
    yield from _duty_faults(agreement, replay)
    yield from _file_faults(agreement, replay)


def _said(value: Any) -> Any:
    """A value of a row as the chain writes it down; empty where there is none."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value or ""


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _given(signer: Signer) -> list[Signature]:
    """Its signatures, those that are void among them."""
    found = list(signer.signatures.all())
    for signature in found:
        signature.signer = signer
    return found


def _life_faults(agreement: Agreement, versions: list[AgreementVersion], replay: Replay) -> Iterator[str]:
    life, states = replay.life, {replay.state}
    if not replay.versions and agreement.state == Life.NOT_CONCLUDED:
        states, life = {Life.NOT_CONCLUDED}, {"ended_at": _said(agreement.ended_at)}
    if agreement.state not in states:
        yield f"the state is {agreement.state}, the chain says {replay.state}"
    for column in LIFE_COLUMNS:
        if _said(getattr(agreement, column)) != (life.get(column) or ""):
            yield f"{column} is not as recorded"
    said = replay.holds or replay.versions.get(1)
    if said and said.stands:
        for column in ("title", "starts_on", "ends_on"):
            if _said(getattr(agreement, column)) != said.shown["document"][column]:
                yield f"{column} is not that of version {said.number}"
    if versions and versions[0].drafted_by_id != agreement.drafted_by_id:
        yield "another organization drafted it"


def _unshown_faults(version: AgreementVersion) -> Iterator[str]:
    """A version that was never shown is a draft, or was given up as one."""
    if version.state not in {State.DRAFT, State.WITHDRAWN} or version.submitted_at or version.in_force_at:
        yield f"version {version.number} was never shown, its state is {version.state}"


def _version_faults(version: AgreementVersion, text: Text) -> Iterator[str]:
    name, shown = f"version {version.number}", text.shown
    said = {
        "state": text.state,
        "reason": text.reason,
        "submitted_at": text.submitted_at,
        "in_force_at": text.in_force_at,
        "closed_at": text.closed_at,
        "drafted_by_id": shown["drafted_by"],
    }
    if text.stands:
        said |= {column: shown[column] for column in ("revision", "note", "sign_until")}
    elif version.revision <= shown["revision"]:
        yield f"{name}: was rolled back"
    for column, value in said.items():
        if _said(getattr(version, column)) != value:
            yield f"{name}: {column} is not as recorded"
    if not text.stands:
        return
    document = version.document()
    changed = sorted(key for key in {*document, *shown["document"]} if document.get(key) != shown["document"].get(key))
    if changed:
        yield f"{name}: changed after it was shown: {', '.join(changed)}"
    elif _sha256(version.terms) != shown["terms"]:
        yield f"{name}: its terms were changed after it was shown"
    asked = {signer.pk: (signer.membership_id or 0, signer.deputy_id or 0) for signer in version.circuit}
    if asked != text.signers:
        yield f"{name}: others are asked to sign than recorded"
    if text.state in COMPLETE and not all(signer.is_done for signer in version.circuit):
        yield f"{name}: is in force, and a signature is missing"


def _signature_faults(version: AgreementVersion, text: Text | None, replay: Replay) -> Iterator[str]:
    for signer in version.signers.all():
        for signature in _given(signer):
            act = replay.signed.get(signature.pk)
            if act is None or text is None:
                yield f"signature {signature.pk} was given by nobody"
                continue
            name = f"signature {signature.pk}"
            changed = [key for key, value in facts_of(signature).items() if act.get(key) != value]
            if changed or act["version"] != version.number:
                yield f"{name} was changed: {', '.join(changed) or 'version'}"
            if signature.computed_evidence() != signature.evidence:
                yield f"{name}: name, address or browser is not as recorded"
            yield from (f"{name}: {fault}" for fault in _standing_faults(signature, signer, text, replay))


def _standing_faults(signature: Signature, signer: Signer, text: Text, replay: Replay) -> Iterator[str]:
    """Whether it still stands, and whether what it was given for is what was shown."""
    void, confirmed = replay.voided.get(signature.pk, {}), replay.confirmed.get(signature.pk, {})
    if (_said(signature.voided_at), signature.void_reason) != (void.get("voided_at", ""), void.get("reason", "")):
        yield "whether it stands is not as recorded"
    by = confirmed.get("membership", 0)
    if (_said(signature.confirmed_at), signature.confirmed_by_id or 0) != (confirmed.get("confirmed_at", ""), by):
        yield "its confirmation is not as recorded"
    if signature.scan is not None and signature.scan.added_by_id != replay.signed[signature.pk].get("membership"):
        yield "somebody else recorded it"
    if signature.method == Signature.Method.LINK and signer.pk in text.signers and signer.name != signature.name:
        yield "another name was asked to sign"
    shown = _sha256(concerning(text.shown["document"], signer.party_id))
    if text.stands and signature.voided_at is None and signature.content_hash != shown:
        yield "was given for something else"


def _party_faults(agreement: Agreement, versions: list[AgreementVersion], replay: Replay) -> Iterator[str]:
    rows = {row.pk: row for row in agreement.parties.all()}
    drafted = {named["party"] for version in versions for named in version.terms["parties"]}
    for pk, said in replay.parties.items():
        if pk not in rows and (said.shown_at or said.joined_at):
            yield f"party {pk} is gone"
    for pk, row in rows.items():
        times = tuple(_said(moment) for moment in (row.shown_at, row.joined_at, row.left_at))
        known = replay.parties.get(pk)
        if known is None:
            if pk not in drafted or any(times):
                yield f"nobody made {pk} a party"
            continue
        if (row.organization_id or 0, row.student_id or 0) != (known.organization, known.student):
            yield f"party {pk} is another one"
        if times != (known.shown_at, known.joined_at, known.left_at):
            yield f"since when {pk} is a party is not as recorded"


def _duty_faults(agreement: Agreement, replay: Replay) -> Iterator[str]:
    rows = {row.key: row for row in agreement.obligations.all()}
    for key in sorted(set(replay.duties) - set(rows)):
        yield f"duty {key} is gone"
    holds = replay.holds.shown["document"]["duties"] if replay.holds else []
    now = {duty["key"]: duty for duty in holds}
    for key, row in rows.items():
        stands = {
            "key": key,
            "party": row.party_id,
            "kind": row.kind,
            "text": row.text,
            "quantity": f"{row.quantity.normalize():f}",
            "unit": row.unit,
            "due_on": row.due_on.isoformat(),
        }
        said = [now.get(key)] if row.state in Obligation.OPEN else replay.duties.get(key, [])
        if stands not in said:
            yield f"duty {key} is not as agreed"
        if row.state == Obligation.State.REPLACED and key in now:
            yield f"duty {key} was replaced by nothing"


def _file_faults(agreement: Agreement, replay: Replay) -> Iterator[str]:
    """Attachments and scans: the rows against the chain, the bytes on disk against the rows."""
    rows = {row.pk: row for row in agreement.files.all()}
    for text in replay.versions.values():
        for said in text.shown["document"]["attachments"]:
            row = rows.get(said["file"])
            if row is None or (row.name, row.sha256) != (said["name"], said["sha256"]):
                yield f"file {said['file']} is not the one that was attached"
    for row in rows.values():
        found = _sum_on_disk(row)
        if found is None:
            yield f"file {row.pk} is gone from the disk"
        elif found != row.sha256:
            yield f"file {row.pk} was changed on the disk"


def _sum_on_disk(row: AgreementFile) -> str | None:
    try:
        with row.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, SuspiciousOperation):
        return None
