"""The agreements of the cast, in each situation that a page or operation is about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from apps.agreements.models import AgreementFile, LedgerEntry, Mode, Obligation, Signature
from apps.agreements.services import (
    agreement_suspend,
    attachment_add,
    signature_record_paper,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Duty
from tests.factories.agreements import make_draft, make_in_force, make_submitted, open_version, signer_of
from tests.factories.chain import World
from tests.factories.organizations import actor_as

SHA256 = "0" * 64


def agreement_things(world: World) -> dict[str, Any]:
    draft = _draft(world)
    file = AgreementFile.objects.get(agreement=draft)
    submitted = make_submitted(world.school, world.firm, title="CANARY submitted")
    suspended = make_in_force(world.school, world.firm, title="CANARY suspended")
    agreement_suspend(actor_as(world.firm), agreement_id=suspended.pk, reason="CANARY pause")
    amended = make_in_force(world.school, world.firm, title="CANARY amended")
    amendment = version_propose(actor_as(world.school), agreement_id=amended.pk, kind="amendment", note="CANARY change")
    return {
        "own_mode": _mode(world),
        "agreement": world.agreement,
        "version": open_version(world.agreement),
        "draft_agreement": draft,
        "draft_version": open_version(draft),
        "draft_file": file,
        "draft_attachment": [draft, file],
        "draft_duty": [draft, "canary"],
        "amendment": amendment,
        "student_agreement": make_submitted(
            world.school,
            world.firm,
            title="CANARY of the student",
            mode="placement",
            framework_id=world.agreement.pk,
            student_ids=[world.student.pk],
            ends_on=timezone.localdate() + timedelta(days=90),
        ),
        "submitted_agreement": submitted,
        "submitted_version": open_version(submitted),
        "firm_signer": signer_of(submitted, world.enterprise.pk),
        "paper_signature": _on_paper(world),
        "suspended_agreement": suspended,
        "amended_agreement": amended,
    } | _followed(world)


def _mode(world: World) -> Mode:
    return Mode.objects.create(
        code="canary_mode",
        name="CANARY 模式",
        name_en="CANARY mode",
        summary="CANARY",
        summary_en="CANARY",
        required_clauses=["parties", "scope"],
        organization=world.university,
    )


def _draft(world: World) -> Any:
    draft = make_draft(world.school, world.firm, title="CANARY draft")
    school, version = actor_as(world.school), open_version(draft)
    party = signer_of(draft, world.university.pk).party_id
    duty = Duty("canary", party, "places", "CANARY duty", Decimal(10), "places", draft.ends_on)
    version_revise(school, version_id=version.pk, expected_revision=None, duties=(duty,))
    file = ContentFile(b"%PDF-1.4 CANARY", name="CANARY.pdf")
    attachment_add(school, version_id=version.pk, expected_revision=None, file=file, sha256=SHA256)
    return draft


def _on_paper(world: World) -> Signature:
    """The school has recorded what the enterprise signed on paper."""
    agreement = make_submitted(world.school, world.firm, title="CANARY on paper")
    return signature_record_paper(
        actor_as(world.school),
        signer_id=signer_of(agreement, world.enterprise.pk).pk,
        name="CANARY signer",
        signed_on=timezone.localdate() - timedelta(days=3),
        scan=ContentFile(b"%PDF-1.4 CANARY", name="CANARY scan.pdf"),
        sha256=SHA256,
    )


def _followed(world: World) -> dict[str, Any]:
    """What is owed under the agreement in force, and what was put in."""
    owed = {
        "agreement": world.agreement,
        "party": world.agreement.parties.get(organization=world.enterprise),
        "kind": "places",
        "text": "CANARY duty",
        "quantity": 10,
        "unit": "places",
        "due_on": world.agreement.ends_on,
    }
    reported = {"state": Obligation.State.REPORTED, "reported_at": timezone.now(), "note": "CANARY done"}
    entry = LedgerEntry(
        agreement=world.agreement,
        party=world.agreement.parties.get(organization=world.university),
        side=LedgerEntry.Side.CONTRIBUTION,
        category=LedgerEntry.Category.MONEY,
        amount=100,
        note="CANARY grant",
        recorded_by=world.school,
        evidence_name="CANARY.pdf",
    )
    entry.evidence.save("evidence.pdf", ContentFile(b"%PDF-1.4 CANARY"))
    return {
        "obligation": Obligation.objects.create(key="owed", **owed),
        "reported_obligation": Obligation.objects.create(key="reported", **owed, **reported),
        "ledger_entry": entry,
    }
