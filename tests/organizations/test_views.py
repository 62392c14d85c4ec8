from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.organizations.models import Membership, Organization, Role
from tests.factories.organizations import (
    make_enterprise,
    make_member,
    make_organization,
    make_person,
    make_university,
    rest_client,
)
from tests.support.queries import REST, SHELL

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:organization_list")
MEMBERS = reverse("organizations:member_list")
API = "/api/v1/organizations/"


@pytest.fixture
def school() -> Organization:
    return make_university(name="苏州职业大学", name_en="Suzhou Vocational University", code="4132012688")


@pytest.fixture
def administrator(school: Organization) -> Membership:
    return make_member(school, Role.ADMINISTRATOR)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, school: Organization, administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_enterprise()
    browser = as_member(administrator)
    browser.get(LIST)
    with django_assert_num_queries(SHELL + 1):
        response = browser.get(LIST)
    assert response.content.count(b"row-link") == rows


@pytest.mark.parametrize("words", ["苏州", "vocational suzhou", "41320", "职业 大学"])
def test_list_finds_by_name_in_either_language_and_by_code(
    words: str, school: Organization, administrator: Membership, as_member: Any
) -> None:
    make_enterprise(name="苏州港")
    make_enterprise(name="无锡职业")
    response = as_member(administrator).get(LIST, {"q": words, "kind": "university"})
    assert [row.pk for row in response.context["page"].rows] == [school.pk]
    found = rest_client(administrator).get(API, {"q": words, "kind": "university"}).data["results"]
    assert [row["code"] for row in found] == [school.code]


def test_list_without_match_says_what_to_do(administrator: Membership, as_member: Any) -> None:
    assert "No organization found" in as_member(administrator).get(LIST, {"q": "Atlantis"}).content.decode()


def test_list_of_person_without_membership_is_empty(school: Organization, client: Any) -> None:
    client.force_login(make_person())
    assert client.get(LIST).context["page"].rows == []
    assert client.get(reverse("organizations:organization_detail", args=[school.pk])).status_code == 404


def test_detail_tells_the_number_of_members_to_members_alone(
    school: Organization, administrator: Membership, as_member: Any
) -> None:
    url = reverse("organizations:organization_detail", args=[school.pk])
    own = as_member(administrator).get(url)
    assert own.context["members"] == 1
    assert "江苏省 › 苏州市" in own.content.decode()
    stranger = as_member(make_member(make_enterprise())).get(url)
    assert stranger.context["members"] is None
    assert MEMBERS not in stranger.content.decode()


def test_detail_of_organization_without_region_renders(administrator: Membership, as_member: Any) -> None:
    abroad = make_organization("enterprise", country="DE", region_code=None)
    page = as_member(administrator).get(reverse("organizations:organization_detail", args=[abroad.pk]))
    assert "international partner" in page.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_members_cost_the_same_at_any_length(
    rows: int, school: Organization, administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_member(school, Role.TUTOR)
    browser = as_member(administrator)
    browser.get(MEMBERS)
    with django_assert_num_queries(SHELL + 2):
        response = browser.get(MEMBERS)
    assert len(response.context["page"].rows) == rows


def test_members_are_the_current_ones_of_the_own_organization_by_role_and_name(
    school: Organization, administrator: Membership, as_member: Any
) -> None:
    tutor, student = make_member(school, Role.TUTOR), make_member(school, Role.STUDENT)
    make_member(make_enterprise(), Role.TUTOR)
    browser = as_member(administrator)

    def shown(**filters: str) -> set[int]:
        return {row.pk for row in browser.get(MEMBERS, filters).context["page"].rows}

    assert shown() == {administrator.pk, tutor.pk, student.pk}
    assert shown(role="tutor") == {tutor.pk}
    assert shown(q=student.user.name) == {student.pk}
    assert shown(q="Atlantis") == set()
    browser.post(reverse("organizations:member_end", args=[tutor.pk]))
    assert shown() == {administrator.pk, student.pk}


@pytest.mark.parametrize("role", [Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_members_are_not_shown_to_other_roles(role: str, school: Organization, as_member: Any) -> None:
    assert as_member(make_member(school, role)).get(MEMBERS).status_code == 403


def test_members_offer_the_coordinator_no_end(school: Organization, as_member: Any) -> None:
    coordinator, tutor = make_member(school), make_member(school, Role.TUTOR)
    browser = as_member(coordinator)
    assert "/end/" not in browser.get(MEMBERS).content.decode()
    assert browser.post(reverse("organizations:member_end", args=[tutor.pk])).status_code == 403
    tutor.refresh_from_db()
    assert tutor.is_current


def test_end_membership_of_another_organization_is_not_found(administrator: Membership, as_member: Any) -> None:
    foreign = make_member(make_enterprise(), Role.TUTOR)
    response = as_member(administrator).post(reverse("organizations:member_end", args=[foreign.pk]))
    assert response.status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_current


def test_end_own_membership_of_the_last_administrator_is_refused(administrator: Membership, as_member: Any) -> None:
    response = as_member(administrator).post(reverse("organizations:member_end", args=[administrator.pk]))
    assert response.status_code == 409
    assert "last administrator" in response.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_current


def test_end_membership_asks_first(school: Organization, administrator: Membership, as_member: Any) -> None:
    tutor, browser = make_member(school, Role.TUTOR), as_member(administrator)
    url = reverse("organizations:member_end", args=[tutor.pk])
    assert url in browser.get(MEMBERS).content.decode()
    assert f"End the membership of {tutor.user.name}?" in browser.get(url).content.decode()
    tutor.refresh_from_db()
    assert tutor.is_current
    assert browser.post(url).headers["Location"] == MEMBERS
    tutor.refresh_from_db()
    assert not tutor.is_current


@pytest.mark.parametrize("rows", [1, 3])
def test_api_lists_organizations_at_the_same_cost(
    rows: int, school: Organization, administrator: Membership, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_enterprise()
    client = rest_client(administrator)
    with django_assert_num_queries(REST + 1):
        found = client.get(API).data["results"]
    assert len(found) == rows


def test_api_shows_one_organization(school: Organization, administrator: Membership) -> None:
    assert rest_client(administrator).get(f"{API}{school.pk}/").data == {
        "id": school.pk,
        "code": "4132012688",
        "name": "苏州职业大学",
        "name_en": "Suzhou Vocational University",
        "kind": "university",
        "country": "CN",
        "region": "320500",
        "region_name": "苏州市",
    }


def test_api_of_unknown_organization_is_not_found(administrator: Membership) -> None:
    assert rest_client(administrator).get(f"{API}0/").status_code == 404
