from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.notifications.models import Delivery
from apps.organizations.models import Membership
from tests.factories.organizations import make_enterprise, make_member, make_person, rest_client
from tests.support.queries import REST, SHELL

from .cases import CHINESE, ENGLISH, delivered

pytestmark = pytest.mark.django_db
LIST = reverse("notifications:list")
API = "/api/v1/notifications/"


@pytest.fixture
def member() -> Membership:
    return make_member(make_enterprise())


def unread(person: User) -> int:
    return Delivery.objects.filter(user=person).unread().count()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, member: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        delivered(member.user)
    browser = as_member(member)
    browser.get(LIST)
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(LIST)
    assert response.content.count(b"queue__item") == rows


def test_list_holds_the_own_newest_first_with_the_unread_marked(member: Membership, as_member: Any) -> None:
    older, newer = delivered(member.user, what="Older"), delivered(member.user, what="Newer")
    delivered(make_person(), what="Somebody else’s")
    browser = as_member(member)
    browser.post(reverse("notifications:open", args=[older.pk]))
    response = browser.get(LIST)
    assert [row.pk for row in response.context["page"].rows] == [newer.pk, older.pk]
    assert response.content.decode().count("<span>unread</span>") == 1
    assert [row.pk for row in browser.get(LIST, {"unread": "true"}).context["page"].rows] == [newer.pk]


def test_list_without_notifications_teaches(member: Membership, as_member: Any) -> None:
    assert "Nothing here" in as_member(member).get(LIST).content.decode()


def test_open_marks_read_once_and_leads_to_the_page(member: Membership, as_member: Any) -> None:
    delivery = delivered(member.user)
    browser = as_member(member)
    response = browser.post(reverse("notifications:open", args=[delivery.pk]))
    assert (response.status_code, response.headers["Location"]) == (302, "/agreements/")
    delivery.refresh_from_db()
    first = delivery.read_at
    assert first is not None
    browser.post(reverse("notifications:open", args=[delivery.pk]))
    delivery.refresh_from_db()
    assert delivery.read_at == first


def test_open_of_another_persons_notification_is_not_found(member: Membership, as_member: Any) -> None:
    foreign = delivered(make_person())
    assert as_member(member).post(reverse("notifications:open", args=[foreign.pk])).status_code == 404
    assert unread(foreign.user) == 1


def test_read_all_marks_the_own_alone(member: Membership, as_member: Any) -> None:
    other = make_person()
    for person in (member.user, member.user, other):
        delivered(person)
    browser = as_member(member)
    assert browser.get(reverse("notifications:read_all")).status_code == 405
    assert browser.post(reverse("notifications:read_all")).status_code == 302
    assert (unread(member.user), unread(other)) == (0, 1)
    assert "Mark all as read" not in browser.get(LIST).content.decode()


def test_api_counts_the_unread_in_one_statement(member: Membership, django_assert_num_queries: Any) -> None:
    for _row in range(3):
        delivered(member.user)
    delivered(make_person())
    client = rest_client(member)
    with django_assert_num_queries(REST + 1):
        response = client.get(f"{API}unread-count/")
    assert response.data == {"unread": 3}


@pytest.mark.parametrize("rows", [1, 3])
def test_api_lists_the_own_at_the_same_cost(rows: int, member: Membership, django_assert_num_queries: Any) -> None:
    for _row in range(rows):
        delivered(member.user)
    delivered(make_person())
    client = rest_client(member)
    with django_assert_num_queries(REST + 2):
        found = client.get(API).data["results"]
    assert len(found) == rows
    assert found[0]["text"] == ENGLISH
    assert found[0]["url"] == "/agreements/"


def test_text_is_in_the_language_of_the_person(member: Membership, as_member: Any) -> None:
    delivery = delivered(member.user)
    member.user.language = "zh-hans"
    member.user.save()
    assert rest_client(member).get(f"{API}{delivery.pk}/").data["text"] == CHINESE
    assert CHINESE in as_member(member).get(LIST).content.decode()


def test_api_marks_read_one_and_all(member: Membership) -> None:
    first, *_others = (delivered(member.user) for _row in range(3))
    client = rest_client(member)
    assert client.post(f"{API}{first.pk}/read/").data["read_at"] is not None
    assert client.get(API, {"unread": "true"}).data["results"][-1]["id"] != first.pk
    assert client.post(f"{API}read-all/").data == {"read": 2}
    assert client.post(f"{API}read-all/").data == {"read": 0}


def test_api_of_another_persons_notification_is_not_found(member: Membership) -> None:
    foreign = delivered(make_person())
    client = rest_client(member)
    assert client.get(f"{API}{foreign.pk}/").status_code == 404
    assert client.post(f"{API}{foreign.pk}/read/").status_code == 404
    assert unread(foreign.user) == 1


def test_api_token_that_may_only_read_marks_nothing(member: Membership) -> None:
    delivery = delivered(member.user)
    client = rest_client(member, scope="read")
    assert client.post(f"{API}{delivery.pk}/read/").status_code == 403
    assert client.post(f"{API}read-all/").status_code == 403
    assert unread(member.user) == 1
