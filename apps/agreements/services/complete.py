"""What a draft still lacks before it can be submitted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import AgreementVersion, ClauseKey, Signer
from ..terms import OPEN
from .signers import is_minor, who_signs
from .values import word_gaps


def gaps(version: AgreementVersion) -> dict[str, list[str]]:
    """What is missing, by part (``clauses``, ``sign_until``, ``signers``), in words. Fetch the version ``whole()``."""
    document = version.document()
    found = word_gaps(version.agreement.mode, version.said)
    written = {clause["key"] for clause in document["clauses"] if clause["text"].strip()}
    missing = [str(ClauseKey(key).label) for key in version.agreement.mode.required_clauses if key not in written]
    if missing:
        text = _("The mode requires these clauses: %(clauses)s.") % {"clauses": _(", ").join(missing)}
        found.setdefault("clauses", []).append(text)
    if any(OPEN in clause["text"] for clause in document["clauses"]):
        found.setdefault("clauses", []).append(_("A blank in the text is not filled yet."))
    if version.sign_until < timezone.localdate():
        found["sign_until"] = [_("The last day to sign has passed. Set a later one.")]
    if version.kind == version.Kind.RENEWAL and version.said.ends_on <= version.agreement.ends_on:
        found["ends_on"] = [_("A renewal ends later than what it renews.")]
    if version.agreement.framework_id is None and version.agreement.mode.asks_framework:
        found["framework"] = [_("An agreement of this mode is made under a framework agreement.")]
    missing_signers = _missing_signers(version)
    if missing_signers:
        found["signers"] = missing_signers
    return found


def _missing_signers(version: AgreementVersion) -> list[str]:
    """Also when somebody leaves the agreement by this version: they sign it, too."""
    found = []
    circuit, capacity = version.circuit, Signer.Capacity
    asked = {(signer.party_id, signer.capacity) for signer in circuit}
    if who_signs(version) - {party for party, _capacity in asked}:
        found.append(_("Each party needs a signer."))
    students = {signer.party_id: signer.party for signer in circuit if signer.party.student_id is not None}
    if any((pk, capacity.STUDENT) not in asked for pk in students):
        found.append(_("The student signs in person."))
    minors = [pk for pk, party in students.items() if is_minor(party, version.said.starts_on)]
    if any((pk, capacity.GUARDIAN) not in asked for pk in minors):
        found.append(_("A guardian signs beside a student under 18."))
    if any(signer.capacity == capacity.GUARDIAN and not signer.who for signer in circuit):
        found.append(_("Name the guardian who signs for the student."))
    return found


def check_complete(version: AgreementVersion) -> None:
    """``ValidationError`` while something is missing that the mode requires, a blank is open, or a signer unknown."""
    found = gaps(version)
    if found:
        raise ValidationError(found)
