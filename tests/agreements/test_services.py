from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.agreements.models import Agreement, Signature
from apps.agreements.services import (
    agreement_draft,
    agreement_revise,
    agreement_sign,
    agreement_submit,
    agreement_terminate,
)
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.models import OutboxMessage
from apps.organizations.models import Membership, Role
from tests.factories.agreements import agreement_values, make_draft, make_in_force, make_submitted
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def test_draft_with_drafter_and_other_makes_both_parties(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    assert set(agreement.parties.values_list("organization_id", flat=True)) == {
        school.organization_id,
        firm.organization_id,
    }
    assert agreement.state == Agreement.State.DRAFT


@pytest.mark.parametrize("role", [Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_draft_without_right_is_refused_and_writes_nothing(role: str, firm: Membership) -> None:
    actor = actor_as(make_member(make_university(), role))
    with pytest.raises(NotAllowed):
        agreement_draft(actor, party_ids=[firm.organization_id], **agreement_values())
    assert not Agreement.objects.exists()


def test_draft_without_other_party_is_refused_next_to_the_parties(school: Membership) -> None:
    with pytest.raises(ValidationError) as refusal:
        agreement_draft(actor_as(school), party_ids=[], **agreement_values())
    assert set(refusal.value.message_dict) == {"parties"}
    assert not Agreement.objects.exists()


def test_draft_is_not_seen_by_the_other_party_before_it_is_submitted(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    assert not Agreement.objects.visible_to(actor_as(firm)).exists()
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert Agreement.objects.visible_to(actor_as(firm)).get() == agreement


def test_submit_by_other_party_is_not_found(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    with pytest.raises(NotFound):
        agreement_submit(actor_as(firm), agreement_id=agreement.pk)


def test_submit_twice_tells_the_parties_once(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    for _time in range(2):
        agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert OutboxMessage.objects.filter(payload__kind="agreement_submitted").count() == 1


def test_revise_with_stale_version_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    values = agreement_values(title="New title") | {"party_ids": [firm.organization_id]}
    agreement_revise(actor_as(school), agreement_id=agreement.pk, expected_version=1, **values)
    with pytest.raises(WrongState):
        agreement_revise(actor_as(school), agreement_id=agreement.pk, expected_version=1, **values)


def test_revise_after_submission_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    values = agreement_values() | {"party_ids": [firm.organization_id]}
    with pytest.raises(WrongState):
        agreement_revise(actor_as(school), agreement_id=agreement.pk, expected_version=None, **values)


@pytest.mark.parametrize("parties", [2, 3, 5])
def test_sign_by_all_parties_brings_into_force_with_the_last(parties: int, school: Membership) -> None:
    others = [make_member(make_enterprise()) for _other in range(parties - 1)]
    agreement = make_submitted(school, *others)
    for signer in [*others, school]:
        agreement.refresh_from_db()
        assert agreement.state == Agreement.State.AWAITING_SIGNATURES
        agreement_sign(actor_as(signer), agreement_id=agreement.pk, content_hash=agreement.content_hash)
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.IN_FORCE
    assert agreement.in_force_at is not None


def test_sign_twice_returns_the_first_signature(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    actor = actor_as(firm)
    first = agreement_sign(actor, agreement_id=agreement.pk, content_hash=agreement.content_hash)
    second = agreement_sign(actor, agreement_id=agreement.pk, content_hash=agreement.content_hash)
    assert first == second
    assert Signature.objects.count() == 1


def test_sign_with_another_hash_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with pytest.raises(WrongState):
        agreement_sign(actor_as(firm), agreement_id=agreement.pk, content_hash="0" * 64)
    assert not Signature.objects.exists()


def test_sign_by_observer_of_a_party_is_not_allowed(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    observer = make_member(firm.organization, Role.OBSERVER)
    with pytest.raises(NotAllowed):
        agreement_sign(actor_as(observer), agreement_id=agreement.pk, content_hash=agreement.content_hash)


def test_sign_by_stranger_is_not_found(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    stranger = make_member(make_enterprise())
    with pytest.raises(NotFound):
        agreement_sign(actor_as(stranger), agreement_id=agreement.pk, content_hash=agreement.content_hash)


def test_content_hash_changes_with_every_part_that_is_signed(school: Membership, firm: Membership) -> None:
    agreement = make_draft(school, firm)
    seen = {agreement.content_hash}
    for field, value in agreement_values(title="b", mode="order_based", content="c").items():
        setattr(agreement, "mode_id" if field == "mode" else field, value)
    agreement.content = "other"
    seen.add(agreement.content_hash)
    agreement.parties.filter(organization=firm.organization).delete()
    seen.add(agreement.content_hash)
    assert len(seen) == 3


def test_terminate_without_reason_is_refused(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    with pytest.raises(ValidationError):
        agreement_terminate(actor_as(firm), agreement_id=agreement.pk, reason="  ")


def test_terminate_records_reason_and_actor(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    agreement_terminate(actor_as(firm), agreement_id=agreement.pk, reason="The line is closed.")
    agreement.refresh_from_db()
    assert agreement.state == Agreement.State.TERMINATED
    event = agreement.events.order_by("pgh_id").last()  # type: ignore[attr-defined]  # by pghistory
    assert event.pgh_context.metadata["membership"] == firm.pk
    assert event.pgh_context.metadata["service"] == "agreement_terminate"


def test_in_force_without_time_is_refused_by_the_database(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(state=Agreement.State.IN_FORCE)
