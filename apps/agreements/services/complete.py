"""What a draft still lacks before it can be submitted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import AgreementVersion, ClauseKey, Signer
from ..terms import OPEN


def gaps(version: AgreementVersion) -> dict[str, list[str]]:
    """What is missing, by part (``clauses``, ``sign_until``, ``signers``), in words. Fetch the version ``whole()``."""
    terms, document = version.said, version.document()
    found: dict[str, list[str]] = {}
    written = {clause["key"] for clause in document["clauses"] if clause["text"].strip()}
    missing = [str(ClauseKey(key).label) for key in version.agreement.mode.required_clauses if key not in written]
    if missing:
        text = _("The mode requires these clauses: %(clauses)s.") % {"clauses": ", ".join(missing)}
        found.setdefault("clauses", []).append(text)
    if any(OPEN in clause["text"] for clause in document["clauses"]):
        found.setdefault("clauses", []).append(_("A blank in the text is not filled yet."))
    if version.sign_until < timezone.localdate():
        found["sign_until"] = [_("The last day to sign has passed. Set a later one.")]
    if terms.party_ids - {signer.party_id for signer in version.circuit}:
        found.setdefault("signers", []).append(_("Each party needs a signer."))
    if any(signer.capacity == Signer.Capacity.GUARDIAN and not signer.who for signer in version.circuit):
        found.setdefault("signers", []).append(_("Name the guardian who signs for the student."))
    return found


def check_complete(version: AgreementVersion) -> None:
    """``ValidationError`` while something is missing that the mode requires, a blank is open, or a signer unknown."""
    found = gaps(version)
    if found:
        raise ValidationError(found)
