"""Who is reminded of what does not move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_terminate, reminders_send, signer_replace
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.models import Membership
from tests.factories.agreements import make_in_force, make_submitted, sign, signer_of
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def told(kind: str) -> list[int]:
    outbox_relay()
    return sorted(Delivery.objects.filter(notification__kind=kind).values_list("user", flat=True))


def test_who_has_not_signed_is_reminded_every_week_until_the_last_day(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(
        school,
        firm,
        starts_on=timezone.localdate() + timedelta(days=90),
        ends_on=timezone.localdate() + timedelta(days=900),
    )
    sign(agreement, school)
    today = timezone.localdate()
    for days, begun in ((6, 0), (7, 1), (8, 0), (13, 0), (14, 1), (59, 1), (60, 0), (61, 0)):
        assert reminders_send(SYSTEM, today=today + timedelta(days=days)) == begun, days
        outbox_relay()
    assert told("signature_missing") == [firm.user_id] * 3


def test_successor_is_reminded_and_not_who_was_named_before(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    successor = make_member(firm.organization)
    sign(agreement, school)
    signer = signer_of(agreement, firm.organization_id)
    signer_replace(actor_as(firm), signer_id=signer.pk, membership_id=successor.pk)
    reminders_send(SYSTEM, today=timezone.localdate() + timedelta(days=7))
    assert told("signature_missing") == [successor.user_id]


def test_of_who_signs_by_a_link_their_side_is_told(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    sign(agreement, school)
    signer = signer_of(agreement, firm.organization_id)
    signer_replace(actor_as(firm), signer_id=signer.pk, name="Li Wei", email="li@example.org")
    assert reminders_send(SYSTEM, today=timezone.localdate() + timedelta(days=7)) == 1
    assert told("signature_missing_outside") == [firm.user_id]
    assert told("signature_missing") == []


def test_nobody_is_reminded_to_renew_what_was_given_notice(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    day = agreement.ends_on - timedelta(days=10)
    agreement_terminate(
        actor_as(school), agreement_id=agreement.pk, cause=Agreement.Cause.NOTICE, reason="Other plans", last_day=day
    )
    assert reminders_send(SYSTEM, today=agreement.ends_on - timedelta(days=30)) == 0
