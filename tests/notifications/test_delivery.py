from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.notifications.kinds import Kind, register
from apps.notifications.models import Delivery, Notification
from apps.notifications.services import deliver, notify
from tests.factories.agreements import make_in_force, make_submitted, sign_all
from tests.factories.organizations import make_enterprise, make_member, make_person, make_university

from .cases import Noticed, tell

pytestmark = pytest.mark.django_db


def test_notify_reaches_each_person_once() -> None:
    people = [make_person() for _person in range(3)]
    tell(*people, *people)
    assert sorted(Delivery.objects.values_list("user_id", flat=True)) == sorted(person.pk for person in people)
    assert Notification.objects.get().params == {"value": "It", "url": "/agreements/"}
    assert OutboxMessage.objects.get().done_at is not None


def test_notify_of_the_same_event_again_adds_nothing() -> None:
    person = make_person()
    tell(person)
    tell(person)
    assert Delivery.objects.count() == Notification.objects.count() == 1


def test_deliver_again_reaches_only_those_who_are_new() -> None:
    first, second = make_person(), make_person()
    tell(first)
    Delivery.objects.update(read_at="2026-01-01T00:00Z")
    tell(first, second)
    assert Delivery.objects.get(user=first).read_at is not None
    assert Delivery.objects.get(user=second).read_at is None


def test_deliver_leaves_out_who_is_disabled() -> None:
    person = make_person()
    person.is_active = False
    person.save()
    tell(person)
    assert not Delivery.objects.exists()


def test_deliver_costs_the_same_for_any_number_of_people(django_assert_num_queries: Any) -> None:
    for number in (1, 20):
        message = {
            "kind": "tests_noticed",
            "key": f"many:{number}",
            "payload": {"people": [make_person().pk for _person in range(number)]},
        }
        with django_assert_num_queries(5):
            deliver(message)


def test_notify_in_a_transaction_that_is_rolled_back_reaches_nobody() -> None:
    person = make_person()

    with transaction.atomic():
        notify("tests_noticed", key="1", people=[person.pk])
        transaction.set_rollback(True)
    outbox_relay()
    assert not OutboxMessage.objects.exists()
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_notify_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError):
        notify("tests_noticed", key="1", people=[])


def test_notify_of_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(KeyError), transaction.atomic():
        notify("nobody_knows", key="1")


def test_two_kinds_with_one_code_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="tests_noticed"):
        register(Noticed)


def test_kind_without_recipients_or_params_says_so() -> None:
    for method in ("recipients", "params"):
        with pytest.raises(NotImplementedError):
            getattr(Kind(), method)({})


def test_payload_of_what_the_portal_sends_holds_ids_alone() -> None:
    make_in_force(make_member(make_university()), make_member(make_enterprise()))
    for message in OutboxMessage.objects.all():
        assert all(isinstance(value, int) for value in message.payload["payload"].values())


def test_the_whole_way_from_a_signature_to_the_people_who_sign() -> None:
    school, firm = make_member(make_university()), make_member(make_enterprise())
    agreement = make_submitted(school, firm)
    outbox_relay()
    sign_all(agreement, (school, firm))
    outbox_relay()
    for member in (school, firm):
        kinds = Delivery.objects.filter(user=member.user).values_list("notification__kind", flat=True)
        assert sorted(kinds) == ["agreement_in_force", "signature_asked"]
