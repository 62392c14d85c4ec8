"""An agreement with all that can be tampered with: two versions, signatures of each kind, duties, shares, files."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import QueuedMail
from apps.agreements.models import Agreement, Signer
from apps.agreements.services import (
    Evidence,
    Slot,
    agreement_sign,
    agreement_submit,
    attachment_add,
    link_sign,
    signature_confirm_paper,
    signature_record_paper,
    signer_replace,
    signers_set,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Clause, Duty, Share
from apps.core.actor import Actor
from apps.organizations.models import Membership
from tests.factories.agreements import clauses_of, make_draft, open_version, sign
from tests.factories.organizations import actor_as

LEGAL, LEGAL_MAIL = "欧阳 修", "legal@firm.example"
EVIDENCE = Evidence(factor="totp", address="192.0.2.7", agent="Browser 1.0")
ATTACHMENT, SCAN = b"%PDF-1.7 plan of the workshop", b"%PDF-1.7 scan of a signature"


def make_proven(school: Membership, firm: Membership) -> Agreement:
    """In force in its second version. Of the first, the school signed in the portal and on paper, the firm by a link."""
    agreement = drafted(school, firm)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_first(agreement, school, firm)
    amended(agreement, school, firm)
    return Agreement.objects.get(pk=agreement.pk)


def drafted(school: Membership, firm: Membership) -> Agreement:
    agreement = make_draft(school, firm)
    first = agreement.parties.get(organization=school.organization)
    second = agreement.parties.get(organization=firm.organization)
    clauses = [
        *clauses_of("training_base"),
        Clause("other", "For the firm alone", "A store room is kept.", (second.pk,)),
    ]
    due = timezone.localdate() + timedelta(days=20)
    half = Decimal(50)
    version = version_revise(
        actor_as(school),
        version_id=open_version(agreement).pk,
        expected_revision=None,
        clauses=tuple(clauses),
        duties=(Duty("d1", second.pk, "places", "Ten places", Decimal(10), "places", due),),
        shares=(Share(first.pk, half, half), Share(second.pk, half, half)),
    )
    attachment_add(
        actor_as(school),
        version_id=version.pk,
        expected_revision=None,
        file=ContentFile(ATTACHMENT, "plan.pdf"),
        sha256=hashlib.sha256(ATTACHMENT).hexdigest(),
    )
    slots = [
        Slot(first.pk),
        Slot(first.pk, Signer.Capacity.LEGAL),
        Slot(second.pk, Signer.Capacity.LEGAL, order=2),
    ]
    signers_set(actor_as(school), version_id=version.pk, expected_revision=None, slots=slots)
    return agreement


def sign_first(agreement: Agreement, school: Membership, firm: Membership) -> None:
    version = open_version(agreement)
    by_portal, on_paper, by_link = version.circuit
    signer_replace(actor_as(firm), signer_id=by_link.pk, name=LEGAL, email=LEGAL_MAIL)
    agreement_sign(
        actor_as(school),
        agreement_id=agreement.pk,
        content_hash=version.hash_for(by_portal.party_id),
        evidence=EVIDENCE,
    )
    signature = signature_record_paper(
        actor_as(school),
        signer_id=on_paper.pk,
        name="范 仲淹",
        signed_on=timezone.localdate() - timedelta(days=3),
        scan=ContentFile(SCAN, "scan.pdf"),
        sha256=hashlib.sha256(SCAN).hexdigest(),
    )
    signature_confirm_paper(actor_as(firm), signature_id=signature.pk)
    body = QueuedMail.objects.filter(to=LEGAL_MAIL).latest("pk").body
    key = next(word for word in body.split() if word.startswith("http")).rstrip("/").rsplit("/", 1)[1]
    link_sign(
        Actor.system("agreements.link"),
        key=key,
        content_hash=version.hash_for(by_link.party_id),
        name=LEGAL,
        evidence=EVIDENCE,
    )


def amended(agreement: Agreement, school: Membership, firm: Membership) -> None:
    """The firm has it end later; each side signs in the portal."""
    actor = actor_as(firm)
    version = version_propose(actor, agreement_id=agreement.pk, kind="amendment", note="The line runs longer.")
    ends_on = version.said.ends_on + timedelta(days=30)
    version_revise(actor, version_id=version.pk, expected_revision=None, ends_on=ends_on)
    slots = [Slot(named.party) for named in version.said.parties]
    signers_set(actor, version_id=version.pk, expected_revision=None, slots=slots)
    agreement_submit(actor, agreement_id=agreement.pk)
    for member in (school, firm):
        sign(agreement, member)
