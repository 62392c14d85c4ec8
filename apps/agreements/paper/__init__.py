"""An agreement as a PDF file that can be checked, and as a bundle that can be checked without the portal."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import qrcode
import qrcode.image.svg
import typst
from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from ..models import Agreement, Obligation, Signature
from ..models.agreements import canonical

HERE = Path(__file__).parent
FONTS = HERE.parent.parent / "core" / "fonts"
MARK = b"% collab-portal "
END = b"\n%%EOF\n"
CODE_LENGTH = 12


class Seal(NamedTuple):
    """What the last line of a PDF file of the portal says: which agreement, and the hash of what it shows."""

    agreement_id: int
    content_hash: str


def verification_number(agreement: Agreement) -> str:
    """The number on paper: that of the agreement, and the first digits of its content's hash, so that none can be guessed."""
    return f"{agreement.number}-{agreement.content_hash[:CODE_LENGTH].upper()}"


def agreement_pdf(agreement: Agreement) -> bytes:
    """The agreement as it stands, in the active language, with a last line that seals every byte before it.

    The same agreement in the same state and language gives the same bytes.
    """
    data = json.dumps(_content(agreement), ensure_ascii=False)
    pdf: bytes = typst.compile(
        str(HERE / "agreement.typ"),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data},
    )
    return _sealed(pdf, agreement)


def _sealed(pdf: bytes, agreement: Agreement) -> bytes:
    head = pdf.rstrip(b"\n") + b"\n" + MARK + f"{agreement.pk} {agreement.content_hash} ".encode()
    return head + _seal_of(head) + END


def _seal_of(head: bytes) -> bytes:
    return salted_hmac("agreements.paper", head, algorithm="sha256").hexdigest().encode()


def seal_in(pdf: bytes) -> Seal | None:
    """The seal of a file, when it is the portal's and no byte of it was changed."""
    body, _mark, line = pdf.rpartition(MARK)
    parts = line.split(b" ")
    if not body or len(parts) != 3:
        return None
    agreement_id, content_hash, seal = parts
    head = body + MARK + agreement_id + b" " + content_hash + b" "
    if not hmac.compare_digest(_seal_of(head) + END, seal):
        return None
    return Seal(int(agreement_id), content_hash.decode())


def agreement_bundle(agreement: Agreement) -> bytes:
    """A ZIP file: the PDF, what was signed and the chain as JSON, and a script that checks them without the portal."""
    record = {
        "number": agreement.number,
        "state": agreement.state,
        "document": agreement.document,
        "content_hash": agreement.content_hash,
        "organizations": {str(one.pk): [one.code, one.name] for one in agreement.organizations.order_by("pk")},
        "chain": list(agreement.chain.order_by("sequence").values("sequence", "previous", "payload", "digest")),
    }
    pdf = agreement_pdf(agreement)
    record["pdf_sha256"] = hashlib.sha256(pdf).hexdigest()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("agreement.json", canonical(record))
        bundle.writestr("agreement.pdf", pdf)
        bundle.write(HERE / "verify.py", "verify.py")
    return file.getvalue()


def _content(agreement: Agreement) -> dict[str, Any]:
    day = timezone.localtime(agreement.submitted_at or agreement.created_at)
    number = verification_number(agreement)
    verify_url = f"{settings.SITE_URL}{reverse('agreements:verify')}?number={number}"
    chinese = (translation.get_language() or "").startswith("zh")
    return {
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "gb",
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "title": agreement.title,
        "number": agreement.number,
        "mode": str(agreement.mode),
        "state": str(agreement.get_state_display()),
        "facts": [
            [_("Parties"), _("; ").join(str(one) for one in agreement.organizations.order_by("pk"))],
            [_("Valid from"), formats.date_format(agreement.starts_on)],
            [_("Valid until"), formats.date_format(agreement.ends_on)],
            [_("Drafted by"), str(agreement.drafted_by)],
        ],
        "content": [part for part in agreement.content.replace("\r\n", "\n").split("\n") if part.strip()],
        "obligations": _obligations(agreement),
        "shares": _shares(agreement),
        "signatures": [_signature(party) for party in _parties(agreement)],
        "content_hash": agreement.content_hash,
        "verification": number,
        "verify_url": verify_url,
        "qr": _qr(verify_url),
        "words": {
            "page": _("Page"),
            "content": _("Content"),
            "obligations": _("Obligations"),
            "obligation_columns": [_("Who owes it"), _("What is owed"), _("How much"), _("Until")],
            "shares": _("Shares"),
            "share_columns": [_("Party"), _("benefits in %"), _("risks in %")],
            "signatures": _("Signatures"),
            "unsigned": _("not signed yet"),
            "verify": _("Whether this paper is genuine can be checked here:"),
        },
    }


def _parties(agreement: Agreement) -> Any:
    return agreement.parties.select_related("organization", "signature__signer__user").order_by("pk")


def _obligations(agreement: Agreement) -> list[list[str]]:
    rows = Obligation.objects.filter(agreement=agreement).select_related("party__organization")
    return [
        [
            str(row.party.organization),
            row.text,
            f"{row.quantity.normalize():f} {row.unit}",
            formats.date_format(row.due_on),
        ]
        for row in rows
    ]


def _shares(agreement: Agreement) -> list[list[str]]:
    rows = AgreedShare.objects.filter(party__agreement=agreement).select_related("party__organization").order_by("pk")
    return [[str(row.party.organization), f"{row.benefit.normalize():f}", f"{row.risk.normalize():f}"] for row in rows]


def _signature(party: Any) -> dict[str, Any]:
    signature: Signature | None = getattr(party, "signature", None)
    entry = {"organization": str(party.organization), "signed": signature is not None, "signed_line": "", "hash": ""}
    if signature is not None:
        moment = timezone.localtime(signature.signed_at)
        entry["signed_line"] = _("%(name)s (%(role)s), %(when)s") % {
            "name": signature.signer.user.name,
            "role": signature.signer.get_role_display(),
            "when": f"{formats.date_format(moment)} {moment:%H:%M:%S %Z}",
        }
        entry["hash"] = signature.content_hash
    return entry


def _qr(text: str) -> str:
    file = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=0).save(file)
    return file.getvalue().decode()
