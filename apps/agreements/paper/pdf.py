"""A version of an agreement as a PDF file."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import qrcode
import qrcode.image.svg
import typst
from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from ..models import Agreement, AgreementVersion, Signature, Signer
from ..models.agreements import canonical
from ..reading import Reading, reading_of
from .seal import Seal, sealed, verification_number

HERE = Path(__file__).parent
FONTS = HERE.parent.parent / "core" / "fonts"
State = AgreementVersion.State
VALID = {State.AWAITING_SIGNATURES, State.IN_FORCE, State.SUPERSEDED}
"""All others bear their state across the page."""


def version_pdf(version: AgreementVersion, party: int | None) -> bytes:
    """A version as it stands, whole or as one party is shown it, in the active language, sealed. Fetch it ``whole()``.

    The same version in the same state and language gives the same bytes.
    """
    document = version.document(party)
    content_hash = hashlib.sha256(canonical(document)).hexdigest()
    pdf: bytes = typst.compile(
        str(HERE / "agreement.typ"),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(_content(version, party, content_hash), ensure_ascii=False)},
    )
    return sealed(pdf, Seal(version.pk, content_hash))


def _content(version: AgreementVersion, party: int | None, content_hash: str) -> dict[str, Any]:
    day = timezone.localtime(version.submitted_at or version.created_at)
    chinese = (translation.get_language() or "").startswith("zh")
    text = reading_of(version, party)
    number = verification_number(version, content_hash) if version.submitted_at else ""
    verify_url = f"{settings.SITE_URL}{reverse('agreements:verify')}?number={number}"
    return {
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "gb",
        "numbering": "第一条" if chinese else "1.",
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "title": text.title,
        "number": str(version),
        "state": str(version.get_state_display()),
        "across": "" if version.state in VALID else str(version.get_state_display()),
        "facts": _facts(version, text),
        "note": _paragraphs(version.note),
        "parties": [f"{row['name']} ({row['code']})" if row["code"] else row["name"] for row in text.parties],
        "clauses": [
            {"heading": row["heading"], "text": _paragraphs(row["text"]), "only": _only(row["concerns"])}
            for row in text.clauses
        ],
        "tables": [table for table in (_duties(text), _shares(text), _attachments(text)) if table["rows"]],
        "signatures": [_signature(version, signer) for signer in version.circuit],
        "content_hash": content_hash,
        "verification": number,
        "verify_url": verify_url,
        "qr": _qr(verify_url),
        "words": {
            "page": _("Page {page} of {pages}"),
            "parties": _("Parties"),
            "note": _("What changes and why"),
            "signatures": _("Signatures"),
            "unsigned": _("not signed yet"),
            "by_hand": [_("Signature and seal"), _("Date")],
            "verify": _("Whether this paper is genuine can be checked here:"),
        },
    }


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.replace("\r\n", "\n").split("\n") if part.strip()]


def _only(parties: str) -> str:
    return _("Concerns %(parties)s only.") % {"parties": parties} if parties else ""


def _facts(version: AgreementVersion, text: Reading) -> list[list[str]]:
    agreement = version.agreement
    facts = [
        [_("Cooperation mode"), text.mode],
        [_("Version"), f"{version.number} · {text.kind}"],
        [_("Valid from"), formats.date_format(text.starts_on)],
        [_("Valid until"), formats.date_format(text.ends_on)],
        [_("Drafted by"), str(version.drafted_by)],
    ]
    if text.framework:
        facts.insert(1, [_("Under the framework agreement"), text.framework])
    if version.in_force_at:
        facts.append([_("Signed by all"), _moment(version.in_force_at)])
    if agreement.state not in {Agreement.State.IN_FORCE, version.state}:
        facts.append([_("The agreement today"), str(agreement.get_state_display())])
    if agreement.last_day:
        facts.append([_("Ends early, last day"), formats.date_format(agreement.last_day)])
    return facts


def _duties(text: Reading) -> dict[str, Any]:
    rows = [
        [
            row["party"],
            f"{row['text']} ({row['kind']})",
            f"{row['quantity']:f} {row['unit']}",
            formats.date_format(row["due_on"]),
        ]
        for row in text.duties
    ]
    head = [_("Who owes it"), _("What is owed"), _("How much"), _("Until")]
    return {"title": _("Obligations"), "head": head, "wide": [3, 4, 2, 2], "rows": rows}


def _shares(text: Reading) -> dict[str, Any]:
    rows = [[row["party"], f"{row['benefit']:f}", f"{row['risk']:f}"] for row in text.shares]
    head = [_("Party"), _("benefits in %"), _("risks in %")]
    return {"title": _("Shares"), "head": head, "wide": [3, 1, 1], "rows": rows}


def _attachments(text: Reading) -> dict[str, Any]:
    rows = [
        [" ".join(filter(None, (row["name"], _only(row["concerns"])))), f"{row['sha256'][:32]}\n{row['sha256'][32:]}"]
        for row in text.attachments
    ]
    return {"title": _("Attachments"), "head": [_("File"), "SHA-256"], "wide": [3, 4], "rows": rows}


def _signature(version: AgreementVersion, signer: Signer) -> dict[str, Any]:
    """What the page of signatures says of one: who, for whom, as what, how it was proved, when, of what."""
    signature = signer.standing
    named = {row.party: row.name for row in version.said.parties}
    turn = _("turn %(turn)s") % {"turn": signer.order} if len({one.order for one in version.circuit}) > 1 else ""
    entry: dict[str, Any] = {
        "party": named.get(signer.party_id, str(signer.party)),
        "capacity": " · ".join(filter(None, (signer.get_capacity_display(), turn))),
        "name": signature.name if signature else signer.who,
        "signed": signature is not None,
        "lines": _proof(signature) if signature else [],
        "hashes": [],
    }
    if signature is not None:
        entry["hashes"] = [[_("of the text"), signature.content_hash], [_("of the evidence"), signature.evidence]]
    return entry


def _proof(signature: Signature) -> list[str]:
    authority = str(signature.get_authority_display())
    if signature.membership:
        authority = f"{authority} ({signature.membership.get_role_display()})"
    if signature.method != Signature.Method.PAPER:
        method = str(signature.get_method_display())
        if signature.factor:
            method = _("%(method)s, second factor: %(factor)s") % {"method": method, "factor": signature.factor}
        return [authority, f"{_moment(signature.signed_at)} · {method}"]
    words = {
        "day": formats.date_format(signature.signed_on),
        "recorded": _moment(signature.signed_at),
        "organization": signature.scan.added_by.organization if signature.scan else "",
    }
    lines = [authority, _("on paper, %(day)s; recorded by %(organization)s %(recorded)s") % words]
    if signature.confirmed_at is None:
        return [*lines, _("not confirmed by another party yet")]
    confirmed = {"when": _moment(signature.confirmed_at)}
    return [*lines, _("confirmed by another party %(when)s") % confirmed]


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{formats.date_format(local)} {local:%H:%M:%S %Z}"


def _qr(text: str) -> str:
    file = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=0).save(file)
    return file.getvalue().decode()
