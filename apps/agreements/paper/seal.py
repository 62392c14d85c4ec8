"""What makes a paper of the portal known again: its number, and a last line that seals the file."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

from ..models import AgreementVersion
from ..models.agreements import canonical
from ..terms import concerning

MARK = b"% collab-portal "
END = b"\n%%EOF\n"
CODE_LENGTH = 12
NUMBER = re.compile(rf"AG-?(\d{{1,12}})[-/](\d{{1,4}})-([0-9A-F]{{{CODE_LENGTH}}})")


class Seal(NamedTuple):
    """What the last line of a file says: which version, and the hash of what the file shows of it."""

    version_id: int
    content_hash: str


class Known(NamedTuple):
    """A text that was shown: its hash, and whether the version still says this."""

    content_hash: str
    is_current: bool


def verification_number(version: AgreementVersion, content_hash: str) -> str:
    """The number on paper: agreement, version, and the first digits of the hash of what is shown, so that none can be guessed."""
    return f"{version.agreement.number}-{version.number}-{content_hash[:CODE_LENGTH].upper()}"


def of_number(number: str) -> tuple[AgreementVersion, Known] | None:
    """The version that a paper with this number shows, and the hash of what it shows; ``None`` for a number of no paper."""
    match = NUMBER.fullmatch(re.sub(r"\s", "", number).upper())
    if match is None:
        return None
    version = AgreementVersion.objects.whole().filter(agreement_id=int(match[1]), number=int(match[2])).first()
    return _known(version, match[3].lower()) if version else None


def of_file(content: bytes) -> tuple[AgreementVersion, Known] | None:
    """The version that a file of the portal shows; ``None`` when the portal did not make it, or a byte of it was changed."""
    seal = seal_in(content)
    version = AgreementVersion.objects.whole().filter(pk=seal.version_id).first() if seal else None
    return _known(version, seal.content_hash) if seal and version else None


def _known(version: AgreementVersion, code: str) -> tuple[AgreementVersion, Known] | None:
    for known in _shown(version):
        if hmac.compare_digest(known.content_hash[: len(code)], code):
            return version, known
    return None


def _shown(version: AgreementVersion) -> Iterator[Known]:
    """All that was ever shown of a version, to all or to one party, the latest first."""
    acts = version.agreement.chain.filter(payload__event="submitted", payload__version=version.number)
    is_current = version.state != AgreementVersion.State.DRAFT
    for document in acts.order_by("-sequence").values_list("payload__document", flat=True):
        for party in [None, *{party for party, _capacity, _order in document["signers"]}]:
            yield Known(hashlib.sha256(canonical(concerning(document, party))).hexdigest(), is_current)
        is_current = False


def sealed(pdf: bytes, seal: Seal) -> bytes:
    """The file with a last line that covers every byte before it."""
    head = pdf.rstrip(b"\n") + b"\n" + MARK + f"{seal.version_id} {seal.content_hash} ".encode()
    return head + _mac(head, settings.SECRET_KEY) + END


def seal_in(pdf: bytes) -> Seal | None:
    """The seal of a file, when it is the portal's and no byte of it was changed."""
    body, _mark, line = pdf.rpartition(MARK)
    parts = line.split(b" ")
    if not body or len(parts) != 3:
        return None
    version_id, content_hash, mac = parts
    head = body + MARK + version_id + b" " + content_hash + b" "
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(_mac(head, key) + END, mac) for key in keys):
        return None
    return Seal(int(version_id), content_hash.decode())


def _mac(head: bytes, key: str | bytes) -> bytes:
    return salted_hmac("agreements.paper", head, secret=key, algorithm="sha256").hexdigest().encode()
