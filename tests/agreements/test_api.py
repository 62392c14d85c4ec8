from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.agreements.models import Agreement, AgreementVersion
from apps.agreements.services import ContentChanged
from apps.core.errors import NotConfirmed
from apps.organizations.models import Membership, Role
from tests.factories.agreements import agreement_values, clauses_of, make_in_force, make_submitted, shown_hash
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_university,
    rest_client,
    session_client,
)
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
URL = "/api/v1/agreements/"
VERSIONS = "/api/v1/agreement-versions/"


@pytest.fixture
def school() -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm() -> Membership:
    return make_member(make_enterprise())


def body(firm: Membership, **values: Any) -> dict[str, Any]:
    data = agreement_values(**values)
    data["starts_on"], data["ends_on"] = str(data["starts_on"]), str(data["ends_on"])
    data["clauses"] = [asdict(clause) for clause in clauses_of(data["mode"])]
    return data | {"parties": [firm.organization.code]} | values


def newest(client: APIClient, agreement: int) -> dict[str, Any]:
    """The newest version as this client is shown it."""
    rows = client.get(VERSIONS, {"agreement": agreement}).data["results"]
    found: dict[str, Any] = client.get(f"{VERSIONS}{rows[0]['id']}/").data
    assert found == rows[0]
    return found


def test_create_submit_and_sign_over_rest(school: Membership, firm: Membership) -> None:
    client, other = rest_client(school), rest_client(firm)
    created = client.post(URL, body(firm), format="json")
    assert created.status_code == 201, created.data
    url = f"{URL}{created.data['id']}/"
    assert client.post(f"{url}submit/").data["state"] == "awaiting_signatures"
    for member, token in ((school, client), (firm, other)):
        named = {"content_hash": newest(token, created.data["id"])["content_hash"]}
        refused = token.post(f"{url}sign/", named)
        assert (refused.status_code, refused.json()["type"]) == (403, NotConfirmed.kind)
        signed = session_client(member).post(f"{url}sign/", named)
        assert signed.status_code == 200, signed.data
    assert signed.data["state"] == "in_force"
    assert [row["state"] for row in signed.data["versions"]] == ["in_force"]
    signers = newest(client, created.data["id"])["signers"]
    assert [row["signature"]["method"] for row in signers] == ["browser", "browser"]
    assert {row["party"] for row in signers} == {school.organization.code, firm.organization.code}


def test_draft_says_what_the_program_wrote(school: Membership, firm: Membership) -> None:
    day = str(timezone.localdate() + timedelta(days=60))
    own, theirs = school.organization.code, firm.organization.code
    duty = {"party": theirs, "kind": "places", "text": "Places", "quantity": "12.00", "unit": "places", "due_on": day}
    shares = [{"party": own, "benefit": "40", "risk": "30"}, {"party": theirs, "benefit": "60", "risk": "70"}]
    signers = [{"party": own}, {"party": theirs, "order": 2, "capacity": "legal"}]
    data = body(firm) | {"duties": [duty], "shares": shares, "signers": signers, "values": {"notice_days": "45"}}
    data["clauses"][0]["concerns"] = [theirs]
    client = rest_client(school)
    created = client.post(URL, data, format="json")
    assert created.status_code == 201, created.data
    shown = newest(client, created.data["id"])
    ids = {row["key"]: row["id"] for row in created.data["parties"]}
    assert shown["terms"]["values"]["notice_days"] == "45"
    assert shown["terms"]["clauses"][0]["concerns"] == [ids[theirs]]
    assert [(row["party"], row["quantity"]) for row in shown["document"]["duties"]] == [(ids[theirs], "12")]
    assert len(shown["document"]["clauses"]) == len(data["clauses"]) - 1
    assert [(row["party"], row["capacity"], row["order"]) for row in shown["signers"]] == [
        (own, "authorised", 1),
        (theirs, "legal", 2),
    ]


def test_revise_replaces_parts_and_refuses_an_old_revision(school: Membership, firm: Membership) -> None:
    client = rest_client(school)
    agreement = client.post(URL, body(firm), format="json").data["id"]
    url, read = f"{URL}{agreement}/revise/", newest(client, agreement)
    change = {"revision": read["revision"], "title": "Another title", "values": {"notice_days": "60"}}
    assert client.post(url, change, format="json").data["title"] == "Another title"
    stale = client.post(url, change | {"title": "Too late"}, format="json")
    assert stale.status_code == 409
    now = newest(client, agreement)
    assert (now["document"]["title"], now["terms"]["values"]["notice_days"]) == ("Another title", "60")
    assert len(now["document"]["clauses"]) == len(read["document"]["clauses"])


def test_duty_of_somebody_who_is_no_party_leaves_no_draft(school: Membership, firm: Membership) -> None:
    day = str(timezone.localdate() + timedelta(days=60))
    duty = {"party": "none", "kind": "places", "text": "Places", "quantity": "12", "unit": "places", "due_on": day}
    response = rest_client(school).post(URL, body(firm) | {"duties": [duty]}, format="json")
    assert (response.status_code, list(response.data["errors"])) == (400, ["party"])
    assert not Agreement.objects.exists()


def test_sign_of_an_old_text_answers_with_the_differences(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    client = rest_client(school)
    old = shown_hash(agreement, actor_as(firm))
    assert client.post(f"{URL}{agreement.pk}/recall/", {"reason": "A typing error"}).status_code == 200
    read = newest(client, agreement.pk)
    change = {"revision": read["revision"], "title": "With another title"}
    assert client.post(f"{URL}{agreement.pk}/revise/", change, format="json").status_code == 200
    assert client.post(f"{URL}{agreement.pk}/submit/").status_code == 200
    refused = session_client(firm).post(f"{URL}{agreement.pk}/sign/", {"content_hash": old})
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, ContentChanged.kind)
    assert problem["content_hash"] == newest(rest_client(firm), agreement.pk)["content_hash"]
    assert any("With another title" in change["after"] for change in problem["differences"])


@pytest.mark.parametrize(
    ("act", "who", "state", "version"),
    [
        ("refuse", "firm", "not_concluded", "refused"),
        ("send-back", "firm", "draft", "draft"),
        ("recall", "school", "draft", "draft"),
        ("withdraw", "school", "not_concluded", "withdrawn"),
    ],
)
def test_acts_of_the_circuit(
    act: str, who: str, state: str, version: str, school: Membership, firm: Membership
) -> None:
    agreement = make_submitted(school, firm)
    member = {"school": school, "firm": firm}[who]
    client = rest_client(member)
    assert client.post(f"{URL}{agreement.pk}/{act}/", {"reason": " "}).status_code == 400
    done = client.post(f"{URL}{agreement.pk}/{act}/", {"reason": "The days do not fit."})
    assert (done.status_code, done.data["state"]) == (200, state)
    assert AgreementVersion.objects.get(agreement=agreement).state == version


def test_life_of_an_agreement_in_force(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    url, client = f"{URL}{agreement.pk}/", rest_client(firm)
    assert client.post(f"{url}suspend/", {"reason": "Works are closed."}).data["state"] == "suspended"
    assert rest_client(school).post(f"{url}resume/").status_code == 403
    assert client.post(f"{url}resume/").data["state"] == "in_force"
    preview = client.post(f"{url}termination-preview/", {"cause": "notice"})
    assert (preview.status_code, preview.data["last_day"]) == (200, preview.data["earliest"])
    assert Agreement.objects.get().state == "in_force"
    proposed = client.post(f"{url}propose/", {"kind": "amendment", "note": "More places"})
    assert [row["kind"] for row in proposed.data["versions"]] == ["original", "amendment"]
    assert [row["kind"] for row in rest_client(school).get(url).data["versions"]] == ["original"]
    ended = client.post(f"{url}terminate/", {"cause": "breach", "reason": "No places were given."})
    assert (ended.data["state"], ended.data["cause"]) == ("terminated", "breach")


def test_party_of_a_change_that_was_not_shown_is_unknown_to_the_others(school: Membership, firm: Membership) -> None:
    agreement, third = make_in_force(school, firm), make_enterprise()
    client, url = rest_client(school), f"{URL}{agreement.pk}/"
    client.post(f"{url}propose/", {"note": "A third party"})
    codes = [firm.organization.code, third.code]
    revised = client.post(f"{url}revise/", {"revision": 1, "parties": codes}, format="json")
    assert len(revised.data["parties"]) == 3
    assert len(rest_client(firm).get(url).data["parties"]) == 2
    assert rest_client(firm).get(URL, {"party": third.code}).data["results"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("ends_on", "2001-01-01"), ("starts_on", "soon"), ("parties", ["nobody"]), ("parties", [])],
)
def test_create_with_bad_value_is_a_problem_by_field(
    field: str, value: Any, school: Membership, firm: Membership
) -> None:
    data = body(firm) | {field: value}
    response = rest_client(school).post(URL, data, format="json")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.data["errors"]
    assert not Agreement.objects.exists()


def test_create_with_same_idempotency_key_has_one_effect(school: Membership, firm: Membership) -> None:
    client = rest_client(school)
    first = client.post(URL, body(firm), format="json", headers={"Idempotency-Key": "k1"})
    again = client.post(URL, body(firm), format="json", headers={"Idempotency-Key": "k1"})
    other = client.post(URL, body(firm, title="Other"), format="json", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert Agreement.objects.count() == 1


def test_write_with_read_token_is_refused(school: Membership, firm: Membership) -> None:
    response = rest_client(school, scope="read").post(URL, body(firm), format="json")
    assert response.status_code == 403
    assert not Agreement.objects.exists()


def test_foreign_agreement_is_like_one_that_does_not_exist(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    stranger = rest_client(make_member(make_enterprise()))
    for url, pk in ((URL, agreement.pk), (VERSIONS, agreement.versions.get().pk)):
        assert stranger.get(f"{url}{pk}/").status_code == 404
        assert stranger.get(f"{url}{pk}/").content == stranger.get(f"{url}999999/").content


def test_draft_is_read_whole_by_its_side_alone(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    assert newest(rest_client(school), agreement.pk)["terms"] is None
    rest_client(firm).post(f"{URL}{agreement.pk}/send-back/", {"reason": "Say where."})
    assert newest(rest_client(school), agreement.pk)["terms"]["title"] == agreement.title
    assert rest_client(firm).get(VERSIONS).data["results"] == []


def test_terminate_again_keeps_the_first_reason(school: Membership, firm: Membership) -> None:
    agreement = make_in_force(school, firm)
    values = {"cause": "consent", "reason": "over"}
    assert rest_client(firm).post(f"{URL}{agreement.pk}/terminate/", values).status_code == 200
    third = rest_client(make_member(school.organization))
    assert third.post(f"{URL}{agreement.pk}/terminate/", values | {"reason": "again"}).status_code == 200
    assert Agreement.objects.get().termination_reason == "over"


def test_filters(school: Membership, firm: Membership) -> None:
    today = timezone.localdate()
    soon = make_in_force(school, firm, ends_on=today + timedelta(days=366))
    asked = make_submitted(school, firm, title="Waits")
    ended = make_in_force(school, make_member(make_enterprise()), title="Over")
    rest_client(school).post(f"{URL}{ended.pk}/terminate/", {"cause": "consent", "reason": "over"})
    client = rest_client(school)

    def found(**query: Any) -> set[int]:
        return {row["id"] for row in client.get(URL, query).data["results"]}

    assert found(signature="mine") == {asked.pk}
    assert found(signature="others") == set()
    assert found(state="in_force") == {soon.pk}
    assert found(ends="over") == {ended.pk}
    assert found(ends="30") == set()
    assert found(party=firm.organization.code) == {soon.pk, asked.pk}
    assert found(party=firm.organization.name[:6], q="Waits") == {asked.pk}
    observer = rest_client(make_member(school.organization, Role.OBSERVER))
    assert {row["id"] for row in observer.get(URL, {"signature": "mine"}).data["results"]} == set()
    assert client.get(URL, {"ends": "tomorrow"}).status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("url", "number"), [(URL, 3), (VERSIONS, 7)])
def test_list_costs_the_same_at_any_length(
    url: str, number: int, rows: int, school: Membership, firm: Membership, django_assert_num_queries: Any
) -> None:
    for _row in range(rows):
        make_in_force(school, firm)
    client = rest_client(school)
    with django_assert_num_queries(REST + number):
        response = client.get(url)
    assert len(response.data["results"]) == rows
