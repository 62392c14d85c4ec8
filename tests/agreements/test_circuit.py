from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, Obligation, Signature
from apps.agreements.notices import SignatureAsked, VersionRefused
from apps.agreements.policies import is_side_of
from apps.agreements.services import (
    ContentChanged,
    agreement_recall,
    agreement_refuse,
    agreement_resume,
    agreement_send_back,
    agreement_sign,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    signature_confirm_paper,
    signature_record_paper,
    signature_reject_paper,
    signer_replace,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Clause, Duty
from apps.core.errors import NotAllowed, NotConfirmed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Role
from tests.factories.agreements import (
    clauses_of,
    make_draft,
    make_in_force,
    make_submitted,
    open_version,
    shown_hash,
    sign,
    sign_all,
    signer_of,
)
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university, rest_client

pytestmark = pytest.mark.django_db

WHY = "The reason."


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def third() -> Membership:
    return make_member(make_enterprise())


def change(agreement: Agreement, member: Membership, **changes: Any) -> None:
    """Take back, change, submit again."""
    actor = actor_as(member)
    agreement_recall(actor, agreement_id=agreement.pk, reason=WHY)
    version_revise(actor, version_id=open_version(agreement).pk, expected_revision=None, **changes)
    agreement_submit(actor, agreement_id=agreement.pk)


def who_has_signed(agreement: Agreement) -> set[int | None]:
    return {one.party.organization_id for one in open_version(agreement).circuit if one.standing}


def told(kind: str) -> list[dict[str, Any]]:
    rows = OutboxMessage.objects.filter(payload__kind=kind).order_by("pk")
    return [row.payload["payload"] for row in rows]


# --- submitting ---


def test_submit_by_other_party_is_not_found(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    with pytest.raises(NotFound):
        agreement_submit(actor_as(firm), agreement_id=agreement.pk)


def test_submit_without_a_required_clause_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm, clauses=clauses_of("training_base")[1:])
    with pytest.raises(ValidationError, match="requires these clauses"):
        agreement_submit(actor_as(school), agreement_id=agreement.pk)


def test_change_voids_the_signatures_of_those_whom_it_concerns(
    school: Membership, firm: Membership, third: Membership
) -> None:
    agreement = make_draft(school, firm, third)
    parties = {one.organization_id: signer_of(agreement, one.organization_id).party_id for one in (school, firm, third)}
    version = open_version(agreement)
    own = Clause("other", "For the firm", "Safety shoes are worn.", (parties[firm.organization_id],))
    clauses = (*version.said.clauses, own)
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, clauses=clauses)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign(agreement, firm)
    sign(agreement, third)
    assert "Safety shoes" not in str(open_version(agreement).document(parties[third.organization_id]))
    change(agreement, school, clauses=(*version.said.clauses, replace(own, text="Helmets are worn.")))
    assert who_has_signed(agreement) == {third.organization_id}
    sign_all(agreement, (school, firm))
    assert open_version(agreement).state == "in_force"


def test_change_of_the_title_voids_all(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, firm)
    change(agreement, school, title="Another title")
    assert who_has_signed(agreement) == set()
    assert Signature.objects.get().void_reason
    agreement.refresh_from_db()
    assert agreement.title == "Another title"


# --- signing ---


@pytest.mark.parametrize("parties", [2, 5])
def test_sign_by_all_parties_brings_into_force_with_the_last(parties: int, school: Membership) -> None:
    others = [make_member(make_enterprise()) for _other in range(parties - 1)]
    agreement = make_submitted(school, *others)
    for signer in [*others, school]:
        agreement.refresh_from_db()
        assert agreement.state == Agreement.State.AWAITING_SIGNATURES
        sign(agreement, signer)
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE
    assert all(party.joined_at == agreement.in_force_at for party in agreement.parties.all())


def test_sign_twice_returns_the_first_signature(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    actor = actor_as(firm)
    shown = shown_hash(agreement, actor)
    first, second = (agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown) for _time in range(2))
    assert first == second


def test_sign_without_the_second_factor_is_not_confirmed(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    actor = replace(actor_as(firm), confirmed=False)
    with pytest.raises(NotConfirmed):
        agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown_hash(agreement, actor))


def test_sign_what_was_shown_before_a_change_tells_what_has_changed(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    actor = actor_as(firm)
    shown = shown_hash(agreement, actor)
    change(agreement, school, title="Another title")
    with pytest.raises(ContentChanged) as refusal:
        agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown)
    members = refusal.value.members()
    assert members["content_hash"] == shown_hash(agreement, actor)
    assert [(one["before"], one["after"]) for one in members["differences"]] == [(agreement.title, "Another title")]
    with pytest.raises(ContentChanged) as refusal:
        agreement_sign(actor, agreement_id=agreement.pk, content_hash="0" * 64)
    assert refusal.value.members()["differences"] is None


def test_program_that_signs_cannot_confirm_and_nothing_is_signed(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    shown = shown_hash(agreement, actor_as(firm))
    answer = rest_client(firm).post(f"/api/v1/agreements/{agreement.pk}/sign/", {"content_hash": shown}, format="json")
    assert answer.status_code == 403
    assert not Signature.objects.exists()


def test_observer_and_stranger_do_not_sign(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with pytest.raises(NotAllowed):
        sign(agreement, make_member(firm.organization, Role.OBSERVER))
    shown = open_version(agreement).content_hash
    with pytest.raises(NotFound):
        agreement_sign(actor_as(make_member(make_enterprise())), agreement_id=agreement.pk, content_hash=shown)


def test_student_who_is_party_stands_on_no_side_of_the_school(school: Membership, firm: Membership) -> None:
    student = make_member(school.organization, Role.STUDENT)
    agreement = make_submitted(firm, school, student_ids=[student.pk])
    actor = actor_as(student)
    assert [is_side_of(actor, one.party) for one in open_version(agreement).circuit].count(True) == 1
    own = signer_of(agreement, school.organization_id)
    with pytest.raises(NotAllowed):
        signer_replace(actor, signer_id=own.pk, membership_id=school.pk)


def test_sign_after_the_last_day_to_sign_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm, starts_on=timezone.localdate() + timedelta(days=1))
    AgreementVersion.objects.update(sign_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(WrongState, match="last day to sign"):
        sign(agreement, firm)


def test_sign_after_the_start_is_refused_unless_it_was_on_paper_before(school: Membership, firm: Membership) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    agreement = make_submitted(school, firm, starts_on=yesterday)
    with pytest.raises(WrongState, match="was to begin"):
        sign(agreement, firm)
    with pytest.raises(WrongState, match="was to begin"):
        record(agreement, firm, firm, day=timezone.localdate())
    for member, other in ((school, firm), (firm, school)):
        signature_confirm_paper(actor_as(other), signature_id=record(agreement, member, member, day=yesterday).pk)
    assert open_version(agreement).state == "in_force"


def test_nothing_is_signed_under_a_suspended_framework(school: Membership, firm: Membership) -> None:
    framework, student = make_in_force(school, firm), make_member(school.organization, Role.STUDENT)
    agreement = make_submitted(
        school,
        firm,
        mode="placement",
        framework_id=framework.pk,
        student_ids=[student.pk],
        ends_on=timezone.localdate() + timedelta(days=90),
    )
    agreement_suspend(actor_as(firm), agreement_id=framework.pk, reason=WHY)
    with pytest.raises(WrongState, match="suspended"):
        sign(agreement, student)
    agreement_resume(actor_as(firm), agreement_id=framework.pk)
    sign(agreement, student)
    assert Signature.objects.filter(membership=student).exists()


def test_in_force_without_time_is_refused_by_the_database(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(state=Agreement.State.IN_FORCE)


# --- on paper ---


def record(agreement: Agreement, whose: Membership, by: Membership, day: Any = None) -> Signature:
    scan = b"%PDF-1.4 scan"
    return signature_record_paper(
        actor_as(by),
        signer_id=signer_of(agreement, whose.organization_id).pk,
        name="Wang Li",
        signed_on=day or timezone.localdate(),
        scan=ContentFile(scan, name="scan.pdf"),
        sha256=hashlib.sha256(scan).hexdigest(),
    )


def test_two_parties_do_not_bind_a_third_by_a_scan(school: Membership, firm: Membership, third: Membership) -> None:
    agreement = make_submitted(school, firm, third)
    signature = record(agreement, third, by=school)
    for other in (school, firm):
        with pytest.raises(NotAllowed):
            signature_confirm_paper(actor_as(other), signature_id=signature.pk)
    assert signature_confirm_paper(actor_as(third), signature_id=signature.pk).counts


def test_paper_of_tomorrow_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with pytest.raises(ValidationError, match="lies ahead"):
        record(agreement, firm, firm, day=timezone.localdate() + timedelta(days=1))


def test_paper_is_confirmed_only_while_it_is_asked_for(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    signature = record(agreement, firm, by=firm)
    agreement_send_back(actor_as(firm), agreement_id=agreement.pk, reason=WHY)
    for act in (
        lambda: signature_confirm_paper(actor_as(school), signature_id=signature.pk),
        lambda: signature_reject_paper(actor_as(school), signature_id=signature.pk, reason=WHY),
    ):
        with pytest.raises(WrongState):
            act()
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    signature_reject_paper(actor_as(school), signature_id=signature.pk, reason=WHY)
    assert who_has_signed(agreement) == set()


# --- who is told ---


def test_successor_is_asked_and_who_was_named_before_is_not(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    first, second = make_member(firm.organization), make_member(firm.organization)
    signer = signer_of(agreement, firm.organization_id)
    keys = set()
    for who in (first, second):
        signer_replace(actor_as(firm), signer_id=signer.pk, membership_id=who.pk)
        asked = OutboxMessage.objects.filter(payload__kind="signature_asked", payload__payload__signer=signer.pk)
        keys.add(asked.order_by("pk").last().payload["key"])
        assert set(SignatureAsked().recipients({"signer": signer.pk})) == {who.user}
    assert len(keys) == 2
    sign(agreement, second)
    assert not SignatureAsked().recipients({"signer": signer.pk}).exists()


def test_refusal_reaches_all_who_were_asked_also_who_sees_nothing_more(
    school: Membership, firm: Membership, third: Membership
) -> None:
    agreement = make_in_force(school, firm)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note=WHY)
    parties = [firm.organization_id, third.organization_id]
    version_revise(actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, party_ids=parties)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert Agreement.objects.visible_to(actor_as(third)).exists()
    agreement_refuse(actor_as(firm), agreement_id=agreement.pk, reason=WHY)
    assert not Agreement.objects.visible_to(actor_as(third)).exists()
    [payload] = told("version_refused")
    assert {one.user_id for one in (school, firm, third)} <= {one.pk for one in VersionRefused().recipients(payload)}


# --- what follows ---


def test_amendment_replaces_duties_and_keeps_what_was_reported(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    party = signer_of(agreement, firm.organization_id).party_id
    due = timezone.localdate() + timedelta(days=30)
    kept, dropped = (Duty(key, party, "places", key, Decimal(5), "places", due) for key in ("kept", "dropped"))
    version_revise(
        actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, duties=(kept, dropped)
    )
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm))
    version_propose(actor_as(firm), agreement_id=agreement.pk, kind="amendment", note=WHY)
    duties = (replace(kept, quantity=Decimal(8)),)
    version_revise(actor_as(firm), version_id=open_version(agreement).pk, expected_revision=None, duties=duties)
    agreement_submit(actor_as(firm), agreement_id=agreement.pk)
    sign_all(agreement, (school, firm))
    rows = {row.key: (row.state, row.quantity) for row in Obligation.objects.all()}
    assert rows == {"kept": ("owed", Decimal(8)), "dropped": ("replaced", Decimal(5))}
    assert [one.state for one in agreement.versions.order_by("number")] == ["superseded", "in_force"]


def test_who_is_only_asked_or_has_left_ends_nothing(school: Membership, firm: Membership, third: Membership) -> None:
    agreement = make_in_force(school, firm)
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="amendment", note=WHY)
    parties = [firm.organization_id, third.organization_id]
    version_revise(actor_as(school), version_id=open_version(agreement).pk, expected_revision=None, party_ids=parties)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    for act in (
        lambda: agreement_suspend(actor_as(third), agreement_id=agreement.pk, reason=WHY),
        lambda: agreement_terminate(actor_as(third), agreement_id=agreement.pk, cause="breach", reason=WHY),
        lambda: version_propose(actor_as(third), agreement_id=agreement.pk, kind="amendment", note=WHY),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_act_of_the_portal_is_chained_under_its_name(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    agreement_refuse(SYSTEM, agreement_id=agreement.pk, reason=WHY)
    assert agreement.chain.last().payload["system"] == SYSTEM.system_name
