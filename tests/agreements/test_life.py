from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementParty
from apps.agreements.policies import in_force, opens
from apps.agreements.services import (
    agreement_resume,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    agreements_end_due,
    signer_replace,
    version_propose,
    version_revise,
)
from apps.core.errors import NotAllowed, WrongState
from apps.organizations.events import open_work_of
from apps.organizations.models import Membership
from apps.organizations.services import membership_end
from tests.factories.agreements import make_in_force, make_submitted, open_version, sign, signer_of
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db

WHY = "The line is closed."


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    return make_in_force(school, firm)


def test_terminate_without_reason_is_refused(agreement: Agreement, firm: Membership) -> None:
    with pytest.raises(ValidationError):
        agreement_terminate(actor_as(firm), agreement_id=agreement.pk, cause="breach", reason="  ")


def test_terminate_records_reason_and_actor(agreement: Agreement, firm: Membership) -> None:
    agreement_terminate(actor_as(firm), agreement_id=agreement.pk, cause="insolvency", reason=WHY)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.termination_reason) == ("terminated", WHY)
    event = agreement.events.order_by("pgh_id").last()  # type: ignore[attr-defined]  # by pghistory
    assert event.pgh_context.metadata["membership"] == firm.pk
    assert event.pgh_context.metadata["service"] == "agreement_terminate"


def test_notice_keeps_the_days_of_the_text_and_ends_after_its_last_day(agreement: Agreement, firm: Membership) -> None:
    today, notice = timezone.localdate(), open_version(agreement).said.notice_days
    named = {"agreement_id": agreement.pk, "cause": "notice", "reason": WHY}
    with pytest.raises(ValidationError, match="at the earliest"):
        agreement_terminate(actor_as(firm), last_day=today + timedelta(days=notice - 1), **named)
    last = agreement_terminate(actor_as(firm), last_day=today + timedelta(days=notice), **named).last_day
    assert last is not None
    assert in_force(Agreement.objects.get(pk=agreement.pk))
    assert agreements_end_due(SYSTEM, today=last) == 0
    assert agreements_end_due(SYSTEM, today=last + timedelta(days=1)) == 1
    assert agreements_end_due(SYSTEM, today=last + timedelta(days=1)) == 0
    agreement.refresh_from_db()
    assert agreement.state == "terminated"


def test_suspended_agreement_opens_nothing_until_who_suspended_it_lets_it_go_on(
    agreement: Agreement, school: Membership, firm: Membership
) -> None:
    agreement_suspend(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    assert "suspended" in str(opens(Agreement.objects.get(pk=agreement.pk), "base").reason)
    with pytest.raises(NotAllowed):
        agreement_resume(actor_as(firm), agreement_id=agreement.pk)
    agreement_resume(actor_as(school), agreement_id=agreement.pk)
    assert opens(Agreement.objects.get(pk=agreement.pk), "base")


def test_what_the_portal_or_a_party_that_left_has_suspended_any_party_lets_go_on(
    agreement: Agreement, school: Membership, firm: Membership
) -> None:
    agreement_suspend(SYSTEM, agreement_id=agreement.pk, reason=WHY)
    agreement_resume(actor_as(firm), agreement_id=agreement.pk)
    agreement_suspend(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    AgreementParty.objects.filter(organization=school.organization_id).update(left_at=timezone.now())
    assert agreement_resume(actor_as(firm), agreement_id=agreement.pk).state == "in_force"


def test_renewal_that_is_not_signed_in_time_ends_with_the_agreement(
    agreement: Agreement, school: Membership, firm: Membership
) -> None:
    version_propose(actor_as(school), agreement_id=agreement.pk, kind="renewal", note=WHY)
    version = open_version(agreement)
    later = agreement.ends_on + timedelta(days=365)
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, ends_on=later)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    sign(agreement, school)
    Agreement.objects.update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(WrongState, match="has ended"):
        sign(agreement, firm)
    agreements_end_due(SYSTEM)
    agreement.refresh_from_db()
    assert (agreement.state, open_version(agreement).state) == ("expired", "withdrawn")


def test_who_leaves_hands_over_what_they_were_named_to_sign(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    leaver, successor = make_member(firm.organization), make_member(firm.organization)
    signer = signer_of(agreement, firm.organization_id)
    signer_replace(actor_as(firm), signer_id=signer.pk, membership_id=leaver.pk)
    [work] = open_work_of(leaver)
    assert work.names == (agreement.title,)
    with pytest.raises(ValidationError, match="name who takes it over"):
        membership_end(SYSTEM, membership_id=leaver.pk)
    membership_end(SYSTEM, membership_id=leaver.pk, successor_id=successor.pk)
    assert signer_of(agreement, firm.organization_id).membership == successor
    assert agreement.chain.last().payload["member"] == successor.pk
    assert not open_work_of(leaver)


def test_who_has_signed_leaves_and_the_signature_stays(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    leaver = make_member(firm.organization)
    sign(agreement, leaver)
    assert not open_work_of(leaver)
    membership_end(SYSTEM, membership_id=leaver.pk)
    sign(agreement, school)
    assert open_version(agreement).state == "in_force"
