from __future__ import annotations

from typing import Any

import pytest

from apps.bases.models import Base, Intake
from tests.factories.chain import World, make_intake, make_position, make_world
from tests.factories.organizations import make_enterprise, make_member, rest_client
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
BASES, INTAKES = "/api/v1/bases/", "/api/v1/intakes/"


@pytest.fixture
def world() -> World:
    return make_world()


def base_body(world: World, **values: Any) -> dict[str, Any]:
    return {
        "agreement": world.agreement.pk,
        "kind": "off_campus",
        "name": "港口基地",
        "region": world.enterprise.region_id,
        "address": "1 Harbour Road",
    } | values


def intake_body(base_id: int, **values: Any) -> dict[str, Any]:
    return {
        "base": base_id,
        "title": "Autumn intake",
        "selection": "first_come",
        "closes_on": "2100-01-10",
        "starts_on": "2100-02-01",
        "ends_on": "2100-06-01",
        "positions": [{"title": "Welder", "tasks": "Weld", "places": 4}, {"title": "Fitter", "places": 2}],
    } | values


def test_create_base_and_intake_then_open_and_close(world: World) -> None:
    client = rest_client(world.firm)
    base = client.post(BASES, base_body(world))
    assert (base.status_code, base.data["host"]) == (201, world.enterprise.code)
    intake = client.post(INTAKES, intake_body(base.data["id"]))
    assert intake.status_code == 201
    assert (intake.data["places"], intake.data["free"], intake.data["state"]) == (6, 6, "draft")
    url = f"{INTAKES}{intake.data['id']}/"
    student = rest_client(world.student)
    assert student.get(url).status_code == 404
    assert client.post(f"{url}open/").data["state"] == "open"
    assert [position["title"] for position in student.get(url).data["positions"]] == ["Welder", "Fitter"]
    assert client.post(f"{url}close/").data["state"] == "closed"
    assert client.post(f"{url}open/").status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("kind", "x"), ("region", "999999"), ("agreement", "x"), ("address", "x" * 201)],
)
def test_create_base_with_bad_value_is_a_problem_by_field(field: str, value: Any, world: World) -> None:
    response = rest_client(world.firm).post(BASES, base_body(world, **{field: value}))
    assert response.status_code == 400
    assert set(response.data["errors"]) == {field}
    assert Base.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("selection", "x"),
        ("closes_on", "soon"),
        ("positions", []),
        ("positions", [{"title": "Welder", "places": 0}]),
        ("positions", [{"title": "Welder", "places": 1}, {"title": "Welder", "places": 1}]),
        ("positions", "x"),
    ],
)
def test_create_intake_with_bad_value_is_a_problem_by_field(field: str, value: Any, world: World) -> None:
    response = rest_client(world.firm).post(INTAKES, intake_body(world.base.pk, **{field: value}))
    assert response.status_code == 400
    assert {name.split(".")[0] for name in response.data["errors"]} == {field}
    assert Intake.objects.count() == 1


def test_create_with_same_idempotency_key_has_one_effect(world: World) -> None:
    client = rest_client(world.firm)
    for url, body in ((BASES, base_body(world)), (INTAKES, intake_body(world.base.pk))):
        answers = [client.post(url, body, headers={"Idempotency-Key": "k1" + url}) for _time in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
    assert (Base.objects.count(), Intake.objects.count()) == (2, 2)


def test_write_with_read_token_is_refused(world: World) -> None:
    client = rest_client(world.firm, scope="read")
    assert client.post(BASES, base_body(world)).status_code == 403
    assert client.post(f"{INTAKES}{world.intake.pk}/close/").status_code == 403
    assert client.get(f"{INTAKES}{world.intake.pk}/").status_code == 200


def test_partner_may_not_write_and_stranger_sees_nothing(world: World) -> None:
    partner, stranger = rest_client(world.school), rest_client(make_member(make_enterprise()))
    assert partner.post(INTAKES, intake_body(world.base.pk)).status_code == 403
    assert partner.post(f"{INTAKES}{world.intake.pk}/close/").status_code == 403
    for url in (f"{BASES}{world.base.pk}/", f"{INTAKES}{world.intake.pk}/"):
        assert stranger.get(url).status_code == 404
    assert stranger.post(INTAKES, intake_body(world.base.pk)).status_code == 404
    assert stranger.post(BASES, base_body(world)).status_code == 404
    assert stranger.get(INTAKES).data["results"] == []


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("url", "queries"), [(BASES, 1), (INTAKES, 2)])
def test_list_costs_the_same_at_any_length(
    rows: int, url: str, queries: int, world: World, django_assert_num_queries: Any
) -> None:
    for _row in range(rows - 1):
        make_position(make_intake(world.base))
    client = rest_client(world.school)
    with django_assert_num_queries(REST + queries):
        client.get(url)
