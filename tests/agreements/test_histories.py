"""Histories as they happen leave nothing to complain about: whatever the services do, rows and chain agree afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.services import (
    Slot,
    agreement_recall,
    agreement_refuse,
    agreement_resume,
    agreement_send_back,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    agreement_withdraw,
    agreements_end_due,
    anchor_write,
    obligation_report,
    obligation_waive,
    signature_record_paper,
    signature_reject_paper,
    signer_replace,
    signers_set,
    version_propose,
    version_revise,
    versions_lapse,
)
from apps.agreements.verification import verify
from apps.core.actor import Actor
from apps.organizations.models import Membership
from tests.agreements.proof import drafted, make_proven, sign_first
from tests.factories.agreements import make_draft, make_in_force, make_submitted, open_version, sign, sign_all
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
Story = Callable[[Membership, Membership], Agreement]


def propose(agreement: Agreement, member: Membership) -> AgreementVersion:
    return version_propose(actor_as(member), agreement_id=agreement.pk, kind="amendment", note="Better.")


def revise(agreement: Agreement, member: Membership, **changes: object) -> None:
    version_revise(actor_as(member), version_id=open_version(agreement).pk, expected_revision=None, **changes)  # type: ignore[arg-type]  # by name


def never_shown(school: Membership, firm: Membership) -> Agreement:
    agreement = make_draft(school, firm)
    agreement_withdraw(actor_as(school), agreement_id=agreement.pk, reason="No.")
    return make_draft(school, firm)


def refused(school: Membership, firm: Membership) -> Agreement:
    agreement = make_submitted(school, firm)
    agreement_refuse(actor_as(firm), agreement_id=agreement.pk, reason="Too dear.")
    return agreement


def lapsed(school: Membership, firm: Membership) -> Agreement:
    agreement = make_submitted(school, firm)
    versions_lapse(SYSTEM, today=timezone.localdate() + timedelta(days=100))
    return agreement


def sent_back_and_withdrawn(school: Membership, firm: Membership) -> Agreement:
    agreement = make_submitted(school, firm)
    sign(agreement, school)
    agreement_send_back(actor_as(firm), agreement_id=agreement.pk, reason="Another day.")
    revise(agreement, school, title="Another title")
    agreement_withdraw(actor_as(school), agreement_id=agreement.pk, reason="No.")
    return agreement


def changed_for_one(school: Membership, firm: Membership) -> Agreement:
    """The school's signatures stand, the firm's becomes void and is given again."""
    agreement = drafted(school, firm)
    version = open_version(agreement)
    slots = [Slot(party) for party in sorted(version.said.party_ids)]
    signers_set(actor_as(school), version_id=version.pk, expected_revision=None, slots=slots)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign(agreement, firm)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A word.")
    *others, last = open_version(agreement).said.clauses
    revise(agreement, school, clauses=(*others, replace(last, text="Two store rooms are kept.")))
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert [entry.payload["event"] for entry in agreement.chain.all()].count("voided") == 1
    sign_all(agreement, (school, firm))
    return agreement


def circuit_changed(school: Membership, firm: Membership) -> Agreement:
    """Signatures of signers who are taken out are void, and stay on record."""
    agreement = drafted(school, firm)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    version = open_version(agreement)
    sign(agreement, school)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="Another circuit.")
    parties = sorted(version.said.party_ids)
    slots = [Slot(party, order=turn) for turn, party in enumerate(parties, 3)]
    signers_set(actor_as(school), version_id=version.pk, expected_revision=None, slots=slots)
    assert not list(verify(Path("/nowhere")))
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm))
    return agreement


def named_later(school: Membership, firm: Membership) -> Agreement:
    agreement = make_submitted(school, firm)
    signer = next(one for one in open_version(agreement).circuit if one.party.organization_id == firm.organization_id)
    second = make_member(firm.organization)
    signer_replace(actor_as(firm), signer_id=signer.pk, membership_id=firm.pk, deputy_id=second.pk)
    sign(agreement, school)
    sign(agreement, second)
    return agreement


def paper_rejected(school: Membership, firm: Membership) -> Agreement:
    agreement = make_submitted(school, firm)
    scan = b"%PDF-1.7 another page"
    signature = signature_record_paper(
        actor_as(school),
        signer_id=open_version(agreement).waiting()[0].pk,
        name="Somebody",
        signed_on=timezone.localdate(),
        scan=ContentFile(scan, "scan.pdf"),
        sha256=hashlib.sha256(scan).hexdigest(),
    )
    signature_reject_paper(actor_as(firm), signature_id=signature.pk, reason="Another page.")
    sign_all(agreement, (school, firm))
    return agreement


def party_taken_out_and_back(school: Membership, firm: Membership) -> Agreement:
    third = make_member(make_enterprise())
    agreement = make_submitted(school, firm, third)
    for parties in ([firm.organization_id], [firm.organization_id, third.organization_id]):
        agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="Others.")
        revise(agreement, school, party_ids=parties)
        agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm, third))
    return agreement


def party_joins_and_leaves(school: Membership, firm: Membership) -> Agreement:
    """By amendments; one on the way is refused first, and one is given up before anybody saw it."""
    third = make_member(make_university())
    agreement = make_in_force(school, firm)
    everybody = [firm.organization_id, third.organization_id]
    for end in ("refused", "withdrawn", "signed"):
        propose(agreement, school)
        revise(agreement, school, party_ids=everybody)
        if end == "withdrawn":
            agreement_withdraw(actor_as(school), agreement_id=agreement.pk, reason="No.")
            continue
        agreement_submit(actor_as(school), agreement_id=agreement.pk)
        if end == "refused":
            agreement_refuse(actor_as(third), agreement_id=agreement.pk, reason="Not yet.")
    sign_all(agreement, (school, firm, third))
    propose(agreement, firm)
    revise(agreement, firm, party_ids=[school.organization_id])
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm, third))
    return agreement


def duties_done_and_replaced(school: Membership, firm: Membership) -> Agreement:
    agreement = make_proven(school, firm)
    duty = agreement.obligations.get()
    propose(agreement, school)
    said = open_version(agreement).said.duties[0]
    revise(
        agreement, school, duties=(replace(said, key="d2", text="Tutors"), replace(said, quantity=said.quantity + 5))
    )
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm))
    obligation_report(actor_as(firm), obligation_id=duty.pk, note="All there.")
    obligation_waive(actor_as(school), obligation_id=agreement.obligations.get(key="d2").pk, reason="Not needed.")
    propose(agreement, school)
    revise(agreement, school, duties=())
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm))
    return agreement


def suspended_and_ended(school: Membership, firm: Membership) -> Agreement:
    agreement = make_proven(school, firm)
    agreement_suspend(actor_as(firm), agreement_id=agreement.pk, reason="A fire.")
    agreement_resume(actor_as(firm), agreement_id=agreement.pk)
    agreement_suspend(actor_as(school), agreement_id=agreement.pk, reason="No teachers.")
    propose(agreement, school)
    agreement_terminate(
        actor_as(school), agreement_id=agreement.pk, cause="breach", reason="Nobody came.", settlement="None."
    )
    return agreement


def expired(school: Membership, firm: Membership) -> Agreement:
    agreement = make_in_force(school, firm)
    agreements_end_due(SYSTEM, today=agreement.ends_on + timedelta(days=1))
    return agreement


def on_the_way(school: Membership, firm: Membership) -> Agreement:
    agreement = drafted(school, firm)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_first(agreement, school, firm)
    propose(agreement, firm)
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    sign(agreement, school)
    return agreement


STORIES: list[Story] = [
    never_shown,
    refused,
    lapsed,
    sent_back_and_withdrawn,
    changed_for_one,
    circuit_changed,
    named_later,
    paper_rejected,
    party_taken_out_and_back,
    party_joins_and_leaves,
    duties_done_and_replaced,
    suspended_and_ended,
    expired,
    on_the_way,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_the_services_do_is_sound(story: Story, tmp_path: Path) -> None:
    story(make_member(make_university()), make_member(make_enterprise()))
    anchor_write(tmp_path)
    assert [str(fault) for fault in verify(tmp_path)] == []
