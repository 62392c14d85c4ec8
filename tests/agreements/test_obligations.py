"""What the parties owe: part of the draft, followed to its end, and who is reminded."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement, Obligation
from apps.agreements.services import (
    agreement_sign,
    agreement_submit,
    obligation_add,
    obligation_confirm,
    obligation_dispute,
    obligation_remove,
    obligation_report,
    obligation_waive,
    reminders_send,
)
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_in_force
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university, sign_in

pytestmark = pytest.mark.django_db
State = Obligation.State


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


def add(drafter: Membership, draft: Agreement, debtor: Membership, **changed: Any) -> Obligation:
    values = {
        "kind": "places",
        "text": "Ten places each term",
        "quantity": Decimal(10),
        "unit": "places",
        "due_on": timezone.localdate() + timedelta(days=20),
    } | changed
    party = draft.parties.get(organization_id=debtor.organization_id)
    return obligation_add(actor_as(drafter), agreement_id=draft.pk, party_id=party.pk, **values)


@pytest.fixture
def duty(school: Membership, firm: Membership) -> Obligation:
    """The enterprise owes ten places under an agreement in force."""
    draft = make_draft(school, firm)
    duty = add(school, draft, firm)
    agreement = agreement_submit(actor_as(school), agreement_id=draft.pk)
    for member in (school, firm):
        agreement_sign(actor_as(member), agreement_id=draft.pk, content_hash=agreement.content_hash)
    return Obligation.objects.get(pk=duty.pk)


def test_obligation_is_part_of_what_is_signed(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    before = draft.content_hash
    duty = add(school, draft, firm)
    added = Agreement.objects.get(pk=draft.pk)
    assert added.content_hash != before
    assert added.version == 2
    obligation_remove(actor_as(school), obligation_id=duty.pk)
    assert not Obligation.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quantity": Decimal(0)}, "quantity"),
        ({"kind": "wishes"}, "kind"),
        ({"text": ""}, "text"),
        ({"due_on": timezone.localdate() + timedelta(days=4000)}, "due_on"),
    ],
)
def test_add_bad_values_names_the_field(
    changed: dict[str, Any], field: str, school: Membership, firm: Membership
) -> None:
    draft = make_draft(school, firm)
    with pytest.raises(ValidationError) as refused:
        add(school, draft, firm, **changed)
    assert set(refused.value.message_dict) == {field}


def test_add_after_submission_is_refused(duty: Obligation, school: Membership, firm: Membership) -> None:
    with pytest.raises(WrongState):
        add(school, duty.agreement, firm)
    with pytest.raises(WrongState):
        obligation_remove(actor_as(school), obligation_id=duty.pk)


def test_report_and_confirm_settle_it(duty: Obligation, school: Membership, firm: Membership) -> None:
    obligation_report(actor_as(firm), obligation_id=duty.pk, note="Ten students are here.")
    outbox_relay()
    assert Delivery.objects.get(notification__kind="obligation_reported").user == school.user
    done = obligation_confirm(actor_as(school), obligation_id=duty.pk)
    assert (done.state, done.settled_by) == (State.DONE, school)
    assert obligation_confirm(actor_as(school), obligation_id=duty.pk).settled_at == done.settled_at


def test_disputed_is_owed_again_and_can_be_reported_again(
    duty: Obligation, school: Membership, firm: Membership
) -> None:
    for _turn in range(2):
        obligation_report(actor_as(firm), obligation_id=duty.pk, note="Done.")
        assert obligation_dispute(actor_as(school), obligation_id=duty.pk, reason="Five came.").state == State.OWED
    outbox_relay()
    assert Delivery.objects.filter(notification__kind="obligation_disputed", user=firm.user).count() == 2


ACTS: dict[str, Any] = {
    "report": lambda member, duty: obligation_report(actor_as(member), obligation_id=duty.pk, note="Done."),
    "confirm": lambda member, duty: obligation_confirm(actor_as(member), obligation_id=duty.pk),
    "dispute": lambda member, duty: obligation_dispute(actor_as(member), obligation_id=duty.pk, reason="No."),
    "waive": lambda member, duty: obligation_waive(actor_as(member), obligation_id=duty.pk, reason="Not needed."),
}
LEGAL = {
    (State.OWED, "report"): State.REPORTED,
    (State.OWED, "waive"): State.WAIVED,
    (State.REPORTED, "report"): State.REPORTED,
    (State.REPORTED, "confirm"): State.DONE,
    (State.REPORTED, "dispute"): State.OWED,
    (State.REPORTED, "waive"): State.WAIVED,
    (State.DONE, "confirm"): State.DONE,
    (State.WAIVED, "waive"): State.WAIVED,
}


@pytest.mark.parametrize("event", ACTS)
@pytest.mark.parametrize("state", State)
def test_every_event_in_every_state(
    state: State, event: str, duty: Obligation, school: Membership, firm: Membership
) -> None:
    """A legal one moves and leaves a row of history, a repeat changes nothing, an illegal one is a conflict."""
    settled = timezone.now() if state in {State.DONE, State.WAIVED} else None
    reported = timezone.now() if state == State.REPORTED else None
    Obligation.objects.filter(pk=duty.pk).update(
        state=state, settled_at=settled, reported_at=reported, reason="Agreed." if state == State.WAIVED else ""
    )
    events = duty.events.count()  # type: ignore[attr-defined]  # by pghistory
    who = firm if event == "report" else school
    target = LEGAL.get((state, event))
    if target is None:
        with pytest.raises(WrongState):
            ACTS[event](who, duty)
        target = state
    else:
        ACTS[event](who, duty)
    assert Obligation.objects.get(pk=duty.pk).state == target
    assert duty.events.count() - events == int(target != state)  # type: ignore[attr-defined]


@pytest.mark.parametrize("event", ACTS)
def test_nobody_settles_their_own_and_nobody_reports_for_another(
    event: str, duty: Obligation, school: Membership, firm: Membership
) -> None:
    wrong = school if event == "report" else firm
    for member in (wrong, make_member(wrong.organization, Role.OBSERVER)):
        with pytest.raises(NotAllowed):
            ACTS[event](member, duty)
    with pytest.raises(NotFound):
        ACTS[event](make_member(make_enterprise()), duty)
    assert Obligation.objects.get(pk=duty.pk).state == State.OWED


def test_reminders_are_sent_once_each(duty: Obligation, school: Membership, firm: Membership) -> None:
    ends_on = duty.agreement.ends_on
    assert reminders_send(SYSTEM, today=duty.due_on - timedelta(days=8)) == 0
    assert reminders_send(SYSTEM, today=duty.due_on - timedelta(days=7)) == 1
    outbox_relay()
    assert reminders_send(SYSTEM, today=duty.due_on) == 0
    assert reminders_send(SYSTEM, today=duty.due_on + timedelta(days=1)) == 1
    obligation_waive(actor_as(school), obligation_id=duty.pk, reason="Not needed.")
    outbox_relay()
    for left, begun in ((91, 0), (90, 1), (89, 0), (31, 0), (25, 1), (30, 0), (7, 1), (0, 0), (-1, 0)):
        assert reminders_send(SYSTEM, today=ends_on - timedelta(days=left)) == begun, left
        outbox_relay()
    told = Delivery.objects.filter(notification__kind="agreement_expiring")
    assert {(delivery.user, told.filter(user=delivery.user).count()) for delivery in told} == {
        (school.user, 3),
        (firm.user, 3),
    }


def _browser(membership: Membership) -> Client:
    browser = Client()
    sign_in(browser, membership)
    return browser


def test_pages_from_draft_to_confirmed(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    browser = _browser(school)
    new = reverse("agreements:obligation_add", args=[draft.pk])
    assert browser.post(new, {}).status_code == 422
    party = draft.parties.get(organization=firm.organization).pk
    day = (draft.starts_on + timedelta(days=10)).isoformat()
    sent = {"party": party, "kind": "money", "text": "Grant", "quantity": "5", "unit": "CNY", "due_on": day}
    assert browser.post(new, sent).status_code == 302
    duty = Obligation.objects.get()
    agreement = agreement_submit(actor_as(school), agreement_id=draft.pk)
    sign_page = browser.get(reverse("agreements:agreement_sign", args=[draft.pk])).content.decode()
    assert "Grant, 5 CNY" in sign_page
    for member in (school, firm):
        agreement_sign(actor_as(member), agreement_id=draft.pk, content_hash=agreement.content_hash)
    listed = reverse("agreements:obligations", args=[draft.pk])
    assert "late" in browser.get(listed).content.decode()
    report = reverse("agreements:obligation_report", args=[duty.pk])
    assert _browser(firm).post(report, {"note": "Paid."}).url == listed
    assert browser.post(reverse("agreements:obligation_confirm", args=[duty.pk])).url == listed
    assert Obligation.objects.get().state == State.DONE


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, school: Membership, firm: Membership, django_assert_max_num_queries: Any
) -> None:
    draft = make_draft(school, firm)
    for number in range(rows):
        add(school, draft, firm, text=f"Duty {number}")
    browser = _browser(school)
    with django_assert_max_num_queries(13):
        assert browser.get(reverse("agreements:obligations", args=[draft.pk])).status_code == 200


def test_nothing_is_owed_under_an_agreement_without_obligations(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    page = _browser(firm).get(reverse("agreements:obligations", args=[agreement.pk])).content.decode()
    assert "No obligations written down" in page
