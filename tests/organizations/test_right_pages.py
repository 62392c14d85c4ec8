from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.organizations.models import Membership, OrganizationUserObjectPermission, Role
from apps.organizations.services import person_right_grant, role_right_grant
from tests.factories.organizations import actor_as, make_member, make_person, make_university, rest_client
from tests.support.queries import REST, SHELL

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:right_list")
YES, NO = {"grant": "yes"}, {"grant": "no"}


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


def colleague(member: Membership, role: str, name: str = "") -> Membership:
    return make_member(member.organization, role, make_person(name))


def page_of(member: Membership) -> str:
    return reverse("organizations:person_right_list", args=[member.pk])


def change_of(member: Membership, right: str = "manage_bases") -> str:
    return reverse("organizations:person_right", args=[member.pk, right])


def role_of(role: str, right: str = "manage_bases") -> str:
    return reverse("organizations:role_right", args=[role, right])


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number_of_people(
    number: int, administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _person in range(number):
        member = colleague(administrator, Role.OBSERVER)
        person_right_grant(actor_as(administrator), membership_id=member.pk, codename="manage_bases")
    browser = as_member(administrator)
    browser.get(LIST)
    with django_assert_num_queries(SHELL + 4):
        response = browser.get(LIST)
    assert response.content.count(b"row-link") == number


def test_list_shows_who_may_more_than_their_role_and_finds_the_others(
    administrator: Membership, as_member: Any
) -> None:
    more = colleague(administrator, Role.OBSERVER, "Ada More")
    colleague(administrator, Role.OBSERVER, "Ada Plain")
    person_right_grant(actor_as(administrator), membership_id=more.pk, codename="manage_bases")
    browser = as_member(administrator)
    assert "Ada Plain" not in text_of(browser.get(LIST))
    assert "Ada More" in text_of(browser.get(LIST))
    assert "Ada Plain" in text_of(browser.get(LIST, {"q": "ada"}))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_pages_are_for_administrators(administrator: Membership, role: str, as_member: Any) -> None:
    member = colleague(administrator, role)
    browser = as_member(member)
    assert browser.get(LIST).status_code == 403
    assert browser.get(role_of("observer")).status_code == 403
    assert browser.get(page_of(member)).status_code == 403
    answer = browser.post(change_of(member), YES)
    assert answer.status_code == 403
    assert not OrganizationUserObjectPermission.objects.exists()


def test_role_page_says_before_what_will_happen_and_does_it(administrator: Membership, as_member: Any) -> None:
    observers = [colleague(administrator, Role.OBSERVER) for _number in range(3)]
    browser, address = as_member(administrator), role_of("observer", "sign_agreements")
    assert "3 observers will be able to sign agreements." in text_of(browser.get(address))
    assert not actor_as(observers[0]).may("sign_agreements")
    assert browser.post(address, YES).url == LIST
    assert actor_as(observers[0]).may("sign_agreements")
    assert "3 observers will no longer be able to sign agreements." in text_of(browser.get(address))
    browser.post(address, NO)
    assert not actor_as(observers[0]).may("sign_agreements")


def test_preview_counts_those_who_keep_the_right_personally(administrator: Membership, as_member: Any) -> None:
    observers = [colleague(administrator, Role.OBSERVER) for _number in range(2)]
    person_right_grant(actor_as(administrator), membership_id=observers[0].pk, codename="manage_bases")
    role_right_grant(actor_as(administrator), role=Role.OBSERVER, codename="manage_bases")
    text = text_of(as_member(administrator).get(role_of("observer")))
    assert "1 observer will no longer be able to manage bases and intakes." in text
    assert "1 person keeps this right" in text


def test_page_from_before_a_change_repeats_it_harmlessly(administrator: Membership, as_member: Any) -> None:
    """Two administrators press the same button: the second changes nothing back."""
    observer = colleague(administrator, Role.OBSERVER)
    browser = as_member(administrator)
    for _time in range(2):
        browser.post(role_of("observer"), YES)
    assert actor_as(observer).may("manage_bases")


@pytest.mark.parametrize(
    "asked", [("king", "manage_bases"), ("observer", "nonsense"), ("observer", "view_organization")]
)
def test_role_page_of_nothing_is_not_found(asked: tuple[str, str], administrator: Membership, as_member: Any) -> None:
    assert as_member(administrator).get(role_of(*asked)).status_code == 404
    assert as_member(administrator).post(role_of(*asked), YES).status_code == 404


def test_what_no_role_gets_is_refused_with_its_reason(administrator: Membership, as_member: Any) -> None:
    student, browser = colleague(administrator, Role.STUDENT), as_member(administrator)
    address = role_of("student", "view_reports")
    assert "Students get no rights as a role" in text_of(browser.get(address))
    assert browser.post(address, YES).status_code == 403
    assert actor_as(student).permissions == frozenset()


def test_bad_form_changes_nothing(administrator: Membership, as_member: Any) -> None:
    assert as_member(administrator).post(role_of("observer"), {"grant": "perhaps"}).status_code == 422
    assert not actor_as(colleague(administrator, Role.OBSERVER)).may("manage_bases")


def test_person_page_says_what_and_why(administrator: Membership, as_member: Any) -> None:
    observer = colleague(administrator, Role.OBSERVER, "Lin")
    browser = as_member(administrator)
    assert "Lin will be able to manage bases and intakes when acting as observer." in text_of(
        browser.get(change_of(observer))
    )
    assert browser.post(change_of(observer), YES).url == page_of(observer)
    rights = {right["label"]: right for right in browser.get(page_of(observer)).context["rights"]}
    assert rights["See reports"]["by_role"]
    assert rights["Manage bases and intakes"]["in_person"]
    assert not rights["Sign agreements"]["by_role"]
    assert browser.post(change_of(observer), NO).url == page_of(observer)
    assert not actor_as(observer).may("manage_bases")


def test_people_of_others_are_not_found(administrator: Membership, as_member: Any) -> None:
    foreign = make_member(make_university(), Role.OBSERVER)
    browser = as_member(administrator)
    assert browser.get(page_of(foreign)).status_code == 404
    assert browser.post(change_of(foreign), YES).status_code == 404
    assert not OrganizationUserObjectPermission.objects.exists()


def test_api_lists_the_rights_of_the_organization(administrator: Membership, django_assert_num_queries: Any) -> None:
    observer = colleague(administrator, Role.OBSERVER)
    person_right_grant(actor_as(administrator), membership_id=observer.pk, codename="manage_bases")
    client = rest_client(administrator)
    with django_assert_num_queries(REST + 4):
        rows = {row["role"]: row for row in client.get("/api/v1/rights/").data}
    assert rows["observer"] == {
        "role": "observer",
        "people": 1,
        "permissions": ["view_agreements", "view_reports"],
        "personal": [{"member": observer.pk, "permissions": ["manage_bases"]}],
    }
    assert rest_client(observer).get("/api/v1/rights/").status_code == 403
