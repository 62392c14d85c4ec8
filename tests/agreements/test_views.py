from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.agreements.models import Agreement, Signature
from apps.organizations.models import Membership, Organization, Role
from tests.factories.agreements import agreement_values, make_draft, make_in_force, make_submitted
from tests.factories.organizations import make_enterprise, make_member, make_university
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, school: Membership, firm: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_in_force(school, firm)
    browser = as_member(school)
    browser.get(reverse("agreements:agreement_list"))
    with django_assert_num_queries(SHELL + 2):
        response = browser.get(reverse("agreements:agreement_list"))
    assert response.content.count(b"row-link") == rows


def test_list_searches_by_number_and_title(school: Membership, firm: Membership, as_member: Any) -> None:
    wanted = make_draft(school, firm, title="Laboratory of light metals")
    make_draft(school, firm, title="Something else")
    for query in (wanted.number, "light metals"):
        response = as_member(school).get(reverse("agreements:agreement_list"), {"q": query})
        assert [row.pk for row in response.context["page"].rows] == [wanted.pk]


def test_create_with_valid_form_makes_a_draft(school: Membership, firm: Membership, as_member: Any) -> None:
    data = agreement_values() | {"parties": [firm.organization.code]}
    response = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert response.status_code == 302
    assert Agreement.objects.get().drafted_by == school.organization


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("ends_on", "2001-01-01"), ("starts_on", "soon"), ("parties", []), ("mode", "nonsense")],
)
def test_create_with_bad_value_says_so_and_changes_nothing(
    field: str, value: Any, school: Membership, firm: Membership, as_member: Any
) -> None:
    data = agreement_values() | {"parties": [firm.organization.code]} | {field: value}
    response = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert not Agreement.objects.exists()


def test_edit_keeps_what_was_typed_when_it_is_wrong(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    data = agreement_values(title="A better title", ends_on="") | {"parties": [firm.organization.code], "version": 1}
    response = as_member(school).post(reverse("agreements:agreement_edit", args=[agreement.pk]), data)
    assert response.status_code == 422
    assert "A better title" in response.content.decode()
    agreement.refresh_from_db()
    assert agreement.version == 1


def test_whole_life_in_the_browser(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_draft(school, firm)
    detail = reverse("agreements:agreement_detail", args=[agreement.pk])
    assert as_member(firm).get(detail).status_code == 404
    as_member(school).post(reverse("agreements:agreement_submit", args=[agreement.pk]))
    for member in (school, firm):
        page = as_member(member).get(reverse("agreements:agreement_sign", args=[agreement.pk]))
        data = {"content_hash": page.context["form"]["content_hash"].value(), "agree": "on"}
        assert as_member(member).post(page.wsgi_request.path, data).status_code == 302
    page = as_member(firm).get(detail)
    assert page.context["agreement"].state == Agreement.State.IN_FORCE
    assert page.context["sign"] is None
    as_member(firm).post(reverse("agreements:agreement_terminate", args=[agreement.pk]), {"reason": "Moved away"})
    assert "Moved away" in as_member(school).get(detail).content.decode()


def test_sign_without_reading_is_refused(school: Membership, firm: Membership, as_member: Any) -> None:
    agreement = make_submitted(school, firm)
    url = reverse("agreements:agreement_sign", args=[agreement.pk])
    response = as_member(firm).post(url, {"content_hash": agreement.content_hash})
    assert response.status_code == 422
    assert not Signature.objects.exists()


def test_detail_shows_the_observer_a_disabled_button_with_its_reason(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_submitted(school, firm)
    observer = make_member(firm.organization, Role.OBSERVER)
    page = as_member(observer).get(reverse("agreements:agreement_detail", args=[agreement.pk]))
    assert "Only coordinators and administrators of the parties sign." in page.content.decode()


def test_search_for_parties_keeps_what_was_typed_and_saves_nothing(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    make_enterprise(name="苏州港务", name_en="Suzhou Port")
    wanted = make_enterprise(name="苏州精工", name_en="Suzhou Precision")
    data = agreement_values(title="A title", ends_on="soon")
    data |= {"parties": [firm.organization.code], "party_search": "suzhou pre", "find_parties": "1"}
    response = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert response.status_code == 200
    assert not Agreement.objects.exists()
    page = response.content.decode()
    assert "A title" in page
    assert "error-summary" not in page
    assert f'value="{firm.organization.code}" checked' in page
    assert f'value="{wanted.code}">' in page
    assert "Suzhou Port" not in page


def test_search_for_parties_of_a_draft_adds_to_those_that_were_chosen(
    school: Membership, firm: Membership, as_member: Any
) -> None:
    agreement = make_draft(school, firm)
    other = make_enterprise()
    url = reverse("agreements:agreement_edit", args=[agreement.pk])
    browser = as_member(school)
    assert f'value="{firm.organization.code}" checked' in browser.get(url).content.decode()
    typed = agreement_values(title="New") | {"version": 1, "parties": [firm.organization.code]}
    found = browser.post(url, typed | {"party_search": other.code, "find_parties": "1"})
    assert f'value="{other.code}">' in found.content.decode()
    saved = browser.post(url, typed | {"parties": [firm.organization.code, other.code], "party_search": other.code})
    assert saved.status_code == 302
    assert agreement.parties.count() == 3


def test_form_with_thousands_of_organizations_shows_the_chosen_and_twenty_found(
    school: Membership, firm: Membership, as_member: Any, django_assert_max_num_queries: Any
) -> None:
    Organization.objects.bulk_create(
        [Organization(kind="university", code=f"U{number}", name=f"大学{number}") for number in range(3000)]
    )
    browser = as_member(school)
    url = reverse("agreements:agreement_create")
    data = {"parties": [firm.organization.code], "party_search": "大学", "find_parties": "1"}
    browser.post(url, data)
    with django_assert_max_num_queries(SHELL + 3):
        page = browser.post(url, data).content.decode()
    assert page.count('name="parties"') == 21
    assert "There are more" in page
    assert browser.get(url).content.decode().count('name="parties"') == 0


def test_search_never_offers_the_own_organization(school: Membership, firm: Membership, as_member: Any) -> None:
    data = {"party_search": school.organization.code, "find_parties": "1"}
    page = as_member(school).post(reverse("agreements:agreement_create"), data).content.decode()
    assert 'name="parties"' not in page
    assert "Nothing else found" in page


def test_create_with_the_own_organization_as_other_party_is_refused(school: Membership, as_member: Any) -> None:
    data = agreement_values() | {"parties": [school.organization.code]}
    response = as_member(school).post(reverse("agreements:agreement_create"), data)
    assert response.status_code == 422
    assert not Agreement.objects.exists()
