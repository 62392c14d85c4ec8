from __future__ import annotations

from typing import Any

import pytest

from apps.applications.models import Application
from tests.factories.chain import World, make_application, make_student, make_world
from tests.factories.organizations import make_enterprise, make_member, make_university, rest_client
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
URL = "/api/v1/applications/"
WHY = "I want to learn how the line works."


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def rush() -> World:
    return make_world(places=1, selection="first_come")


def body(world: World, **values: Any) -> dict[str, Any]:
    return {"position": world.position.pk, "statement": WHY} | values


def test_apply_and_decide_over_rest(world: World) -> None:
    created = rest_client(world.student).post(URL, body(world))
    assert (created.status_code, created.data["state"]) == (201, "submitted")
    url = f"{URL}{created.data['id']}/"
    host = rest_client(world.firm)
    assert host.get(url).data["student_name"] == world.student.user.name
    assert host.post(f"{url}accept/").data["state"] == "accepted"
    assert host.post(f"{url}reject/", {"reason": "late"}).status_code == 409
    assert rest_client(world.student).post(f"{url}withdraw/").data["state"] == "withdrawn"


def test_apply_when_full_is_a_conflict_with_the_reason(rush: World) -> None:
    first, late = rest_client(rush.student), rest_client(make_student(rush.university))
    for _click in range(2):
        answer = first.post(URL, body(rush))
        assert (answer.status_code, answer.data["state"]) == (201, "accepted")
    refusal = late.post(URL, body(rush))
    assert refusal.status_code == 409
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert refusal.data["detail"] == "All places of this position are taken."


def test_apply_costs_three_statements_beside_the_token(rush: World, django_assert_num_queries: Any) -> None:
    client = rest_client(rush.student)
    rest_client(make_student(rush.university)).get(URL)
    with django_assert_num_queries(REST + 5):  # claim and notice in a savepoint; the answer
        assert client.post(URL, body(rush)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [("statement", ""), ("statement", "x" * 2001), ("statement", "a\x00b"), ("position", "x"), ("position", None)],
)
def test_apply_with_bad_value_is_a_problem_by_field(field: str, value: Any, rush: World) -> None:
    response = rest_client(rush.student).post(URL, body(rush, **{field: value}))
    assert response.status_code == 400
    assert set(response.data["errors"]) == {field}
    assert not Application.objects.exists()


@pytest.mark.parametrize("position", [0, -1, 999_999, 10**30, -(10**30)])
def test_apply_for_nothing_is_not_found(position: int, rush: World) -> None:
    assert rest_client(rush.student).post(URL, body(rush, position=position)).status_code == 404


def test_apply_with_same_idempotency_key_has_one_effect(world: World) -> None:
    client = rest_client(world.student)
    answers = [client.post(URL, body(world), headers={"Idempotency-Key": "k"}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = client.post(URL, body(world, statement="Other"), headers={"Idempotency-Key": "k"})
    assert other.status_code == 422
    assert Application.objects.count() == 1


def test_write_with_read_token_is_refused(world: World) -> None:
    assert rest_client(world.student, scope="read").post(URL, body(world)).status_code == 403
    assert not Application.objects.exists()


def test_who_is_no_student_may_not_apply_and_strangers_see_nothing(world: World) -> None:
    application = make_application(world)
    assert rest_client(world.school).post(URL, body(world)).status_code == 403
    assert rest_client(make_student(make_university())).post(URL, body(world)).status_code == 404
    for stranger in (make_member(make_enterprise()), make_student(world.university), world.enterprise_tutor):
        client = rest_client(stranger)
        assert client.get(f"{URL}{application.pk}/").status_code == 404
        assert client.post(f"{URL}{application.pk}/accept/").status_code == 404
        assert client.get(URL).data["results"] == []


def test_reject_without_reason_is_a_problem_by_field(world: World) -> None:
    application = make_application(world)
    response = rest_client(world.firm).post(f"{URL}{application.pk}/reject/", {"reason": " "})
    assert (response.status_code, set(response.data["errors"])) == (400, {"reason"})


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_at_any_length(rows: int, world: World, django_assert_num_queries: Any) -> None:
    for _row in range(rows):
        make_application(world)
    client = rest_client(world.firm)
    with django_assert_num_queries(REST + 1):
        response = client.get(URL)
    assert len(response.data["results"]) == rows
