from __future__ import annotations

from typing import Any

import pytest

from apps.agreements.models import Agreement
from apps.core.errors import NotConfirmed
from apps.organizations.models import Membership
from tests.factories.agreements import agreement_values, make_in_force, make_submitted
from tests.factories.organizations import make_enterprise, make_member, make_university, rest_client, session_client
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
URL = "/api/v1/agreements/"


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def body(firm: Membership, **values: Any) -> dict[str, Any]:
    data = agreement_values(**values)
    data["starts_on"], data["ends_on"] = str(data["starts_on"]), str(data["ends_on"])
    return data | {"parties": [firm.organization.code]} | values


def test_create_submit_and_sign_over_rest(school: Membership, firm: Membership) -> None:
    client, other = rest_client(school), rest_client(firm)
    created = client.post(URL, body(firm))
    assert created.status_code == 201
    url = f"{URL}{created.data['id']}/"
    assert client.post(f"{url}submit/").data["state"] == "awaiting_signatures"
    for member, token in ((school, client), (firm, other)):
        named = {"content_hash": token.get(url).data["content_hash"]}
        refused = token.post(f"{url}sign/", named)
        assert (refused.status_code, refused.json()["type"]) == (403, NotConfirmed.kind)
        signed = session_client(member).post(f"{url}sign/", named)
        assert signed.status_code == 200
    assert signed.data["state"] == "in_force"


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("ends_on", "2001-01-01"), ("starts_on", "soon"), ("parties", ["nobody"]), ("parties", [])],
)
def test_create_with_bad_value_is_a_problem_by_field(
    field: str, value: Any, school: Membership, firm: Membership
) -> None:
    response = rest_client(school).post(URL, body(firm, **{field: value}))
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.data["errors"]
    assert not Agreement.objects.exists()


def test_create_with_same_idempotency_key_has_one_effect(school: Membership, firm: Membership) -> None:
    client = rest_client(school)
    first = client.post(URL, body(firm), headers={"Idempotency-Key": "k1"})
    again = client.post(URL, body(firm), headers={"Idempotency-Key": "k1"})
    other = client.post(URL, body(firm, title="Other"), headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert Agreement.objects.count() == 1


def test_write_with_read_token_is_refused(school: Membership, firm: Membership) -> None:
    response = rest_client(school, scope="read").post(URL, body(firm))
    assert response.status_code == 403
    assert not Agreement.objects.exists()


def test_foreign_agreement_is_like_one_that_does_not_exist(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    stranger = rest_client(make_member(make_enterprise()))
    assert stranger.get(f"{URL}{agreement.pk}/").status_code == 404
    assert stranger.get(f"{URL}{agreement.pk}/").content == stranger.get(f"{URL}999999/").content


def test_sign_in_wrong_state_is_a_conflict(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    client = rest_client(firm)
    client.post(f"{URL}{agreement.pk}/terminate/", {"reason": "over"})
    third = rest_client(make_member(school.organization))
    assert third.post(f"{URL}{agreement.pk}/terminate/", {"reason": "again"}).status_code == 200
    assert Agreement.objects.get().termination_reason == "over"


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(
    rows: int, school: Membership, firm: Membership, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_in_force(school, firm)
    client = rest_client(school)
    with django_assert_num_queries(REST + 6):
        response = client.get(URL)
    assert len(response.data["results"]) == rows
