"""What the parties owe: part of the draft, followed to its end, and who is reminded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, Obligation
from apps.agreements.services import (
    agreement_submit,
    new_duty_key,
    obligation_confirm,
    obligation_dispute,
    obligation_report,
    obligation_waive,
    reminders_send,
    version_propose,
    version_revise,
)
from apps.agreements.terms import Duty, Terms
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_in_force, open_version, sign_all
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university, sign_in

pytestmark = pytest.mark.django_db
State = Obligation.State


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


def owe(drafter: Membership, draft: Agreement, debtor: Membership, **changed: Any) -> AgreementVersion:
    """The draft with one more duty."""
    values = {
        "key": new_duty_key(),
        "kind": "places",
        "text": "Ten places each term",
        "quantity": Decimal(10),
        "unit": "places",
        "due_on": timezone.localdate() + timedelta(days=20),
    } | changed
    party = draft.parties.get(organization_id=debtor.organization_id)
    version = open_version(draft)
    duties = (*version.said.duties, Duty(party=party.pk, **values))
    return version_revise(actor_as(drafter), version_id=version.pk, expected_revision=None, duties=duties)


def conclude(agreement: Agreement, *members: Membership) -> None:
    agreement_submit(actor_as(members[0]), agreement_id=agreement.pk)
    sign_all(agreement, members)


@pytest.fixture
def duty(school: Membership, firm: Membership) -> Obligation:
    """The enterprise owes ten places under an agreement in force."""
    draft = make_draft(school, firm)
    owe(school, draft, firm)
    conclude(draft, school, firm)
    return Obligation.objects.get()


def test_obligation_is_part_of_what_is_signed_and_owed_from_then_on(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    before = open_version(draft).content_hash
    owe(school, draft, firm)
    assert open_version(draft).content_hash != before
    assert not Obligation.objects.exists()
    conclude(draft, school, firm)
    assert Obligation.objects.get().state == State.OWED


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quantity": Decimal(0)}, "quantity"),
        ({"kind": "wishes"}, "kind"),
        ({"text": ""}, "text"),
        ({"due_on": timezone.localdate() + timedelta(days=4000)}, "due_on"),
    ],
)
def test_bad_values_name_the_field(changed: dict[str, Any], field: str, school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    with pytest.raises(ValidationError) as refused:
        owe(school, draft, firm, **changed)
    assert set(refused.value.message_dict) == {field}


def test_amendment_changes_replaces_and_adds_duties(duty: Obligation, school: Membership, firm: Membership) -> None:
    """What was settled stays as it was; what the text no longer has is replaced; what it has anew is owed."""
    agreement, actor = duty.agreement, actor_as(school)
    kept = owe_by_amendment(agreement, school, replace(said_of(agreement).duties[0], quantity=Decimal(12)))
    conclude(agreement, school, firm)
    assert (Obligation.objects.get().pk, Obligation.objects.get().quantity) == (duty.pk, Decimal(12))
    obligation_report(actor_as(firm), obligation_id=duty.pk, note="Twelve came.")
    obligation_confirm(actor, obligation_id=duty.pk)
    owe_by_amendment(agreement, school, replace(kept, quantity=Decimal(20)), replace(kept, key=new_duty_key()))
    conclude(agreement, school, firm)
    done, new = Obligation.objects.order_by("pk")
    assert (done.state, done.quantity, new.state) == (State.DONE, Decimal(12), State.OWED)
    owe_by_amendment(agreement, school)
    conclude(agreement, school, firm)
    assert list(Obligation.objects.order_by("pk").values_list("state", flat=True)) == [State.DONE, State.REPLACED]


def said_of(agreement: Agreement) -> Terms:
    return open_version(agreement).said


def owe_by_amendment(agreement: Agreement, drafter: Membership, *duties: Duty) -> Any:
    """A draft of an amendment with these duties; gives back the first."""
    actor = actor_as(drafter)
    version = version_propose(actor, agreement_id=agreement.pk, kind="amendment", note="Other duties")
    version_revise(actor, version_id=version.pk, expected_revision=None, duties=duties)
    return duties[0] if duties else None


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


def test_pages_from_owed_to_confirmed(duty: Obligation, school: Membership, firm: Membership) -> None:
    browser = _browser(school)
    listed = reverse("agreements:obligations", args=[duty.agreement_id])
    report = reverse("agreements:obligation_report", args=[duty.pk])
    assert "Ten places each term" in browser.get(listed).content.decode()
    assert _browser(firm).post(report, {"note": "Ten are here."}).headers["Location"] == listed
    confirm = reverse("agreements:obligation_confirm", args=[duty.pk])
    assert browser.post(confirm).headers["Location"] == listed
    assert Obligation.objects.get().state == State.DONE


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, school: Membership, firm: Membership, django_assert_max_num_queries: Any
) -> None:
    draft = make_draft(school, firm)
    for number in range(rows):
        owe(school, draft, firm, text=f"Duty {number}")
    conclude(draft, school, firm)
    browser = _browser(school)
    with django_assert_max_num_queries(13):
        assert browser.get(reverse("agreements:obligations", args=[draft.pk])).status_code == 200


def test_nothing_is_owed_under_an_agreement_without_obligations(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    page = _browser(firm).get(reverse("agreements:obligations", args=[agreement.pk])).content.decode()
    assert "No obligations written down" in page
