from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.evaluations.models import EvaluationPlan, EvaluationScheme, Score
from apps.evaluations.services import rounds_open_due
from tests.factories.chain import World, make_placement, make_world
from tests.factories.evaluations import CRITERIA, close_round, make_round, make_scheme, make_submitted_sheet
from tests.factories.organizations import SYSTEM, rest_client
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def world() -> World:
    return make_world()


def scheme_body(**values: Any) -> dict[str, Any]:
    criteria = [row | {"weight": str(row["weight"])} for row in CRITERIA]
    return {"title": "Apprentice standard", "criteria": criteria} | values


def plan_body(scheme_id: int, **values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    last = today + timedelta(days=30)
    return {
        "scheme": scheme_id,
        "cadence": "weekly",
        "first_due_on": today.isoformat(),
        "ends_on": last.isoformat(),
    } | values


def test_from_scheme_to_result_over_rest(world: World) -> None:
    make_placement(world)
    school, tutor = rest_client(world.school), rest_client(world.enterprise_tutor)
    scheme = school.post(f"{API}evaluation-schemes/", scheme_body())
    assert scheme.status_code == 201
    published = school.post(f"{API}evaluation-schemes/{scheme.data['id']}/publish/")
    assert published.data["state"] == "published"
    plan = school.post(f"{API}evaluation-plans/", plan_body(scheme.data["id"], base=world.base.pk))
    assert (plan.status_code, plan.data["days_open"]) == (201, 7)
    rounds_open_due(SYSTEM)
    (sheet,) = tutor.get(f"{API}evaluations/", {"state": "pending"}).data["results"]
    scores = {str(criterion["id"]): "82.5" for criterion in sheet["criteria"]}
    submitted = tutor.post(f"{API}evaluations/{sheet['id']}/submit/", {"scores": scores, "comment": "Good"})
    assert submitted.status_code == 200
    assert [score["points"] for score in submitted.data["scores"]] == ["82.50"] * 3
    (current,) = school.get(f"{API}evaluation-rounds/").data["results"]
    assert (current["sheets"], current["submitted"]) == (2, 1)
    close_round(EvaluationPlan.objects.get().rounds.get())
    (result,) = school.get(f"{API}results/", {"round": current["id"]}).data["results"]
    assert (result["score"], result["sheets"]) == ("82.50", 1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"criteria": [scheme_body()["criteria"][0], {"title": "x", "standard": "y"}]}, "criteria.1.weight"),
        ({"criteria": [scheme_body()["criteria"][0] | {"weight": "101"}]}, "criteria.0.weight"),
        ({"criteria": [scheme_body()["criteria"][0]] * 2}, "criteria.1.title"),
        ({"criteria": "many"}, "criteria"),
    ],
)
def test_scheme_with_bad_value_is_a_problem_by_field(values: dict[str, Any], field: str, world: World) -> None:
    response = rest_client(world.school).post(f"{API}evaluation-schemes/", scheme_body(**values))
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert field in {name.removesuffix(".non_field_errors") for name in response.data["errors"]}
    assert not EvaluationScheme.objects.exists()


def test_publish_with_wrong_weights_is_a_conflict(world: World) -> None:
    client = rest_client(world.school)
    scheme = client.post(f"{API}evaluation-schemes/", scheme_body(criteria=[]))
    assert client.post(f"{API}evaluation-schemes/{scheme.data['id']}/publish/").status_code == 409


def test_scheme_and_plan_with_the_same_key_have_one_effect(world: World) -> None:
    client = rest_client(world.school)
    key = {"Idempotency-Key": "k1"}
    answers = [client.post(f"{API}evaluation-schemes/", scheme_body(), headers=key) for _time in range(2)]
    assert answers[0].json() == answers[1].json()
    client.post(f"{API}evaluation-schemes/{answers[0].data['id']}/publish/")
    body = plan_body(answers[0].data["id"])
    plans = [client.post(f"{API}evaluation-plans/", body, headers={"Idempotency-Key": "k2"}) for _time in range(2)]
    assert [plan.status_code for plan in plans] == [201, 201]
    assert (EvaluationScheme.objects.count(), EvaluationPlan.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"cadence": "yearly"}, 400),
        ({"days_open": 0}, 400),
        ({"base": 999999}, 400),
        ({"ends_on": "2001-01-01"}, 400),
        ({"scheme": 999999}, 404),
    ],
)
def test_plan_with_bad_value_is_a_problem(values: dict[str, Any], status: int, world: World) -> None:
    response = rest_client(world.school).post(f"{API}evaluation-plans/", plan_body(make_scheme(world).pk, **values))
    assert response.status_code == status
    assert not EvaluationPlan.objects.exists()


@pytest.mark.parametrize("points", ["-1", "100.5", "1.234", "many", None])
def test_submit_with_bad_points_is_a_problem_by_criterion(points: Any, world: World) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="enterprise")
    first, *others = sheet.round.plan.scheme.criteria.values_list("pk", flat=True)
    scores = {str(first): points} | {str(pk): "50" for pk in others}
    response = rest_client(world.enterprise_tutor).post(f"{API}evaluations/{sheet.pk}/submit/", {"scores": scores})
    assert response.status_code == 400
    assert set(response.data["errors"]) == {f"scores.{first}"}
    assert not Score.objects.exists()


def test_submit_with_missing_and_strange_criteria_is_a_problem_by_criterion(world: World) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="enterprise")
    url = f"{API}evaluations/{sheet.pk}/submit/"
    client = rest_client(world.enterprise_tutor)
    missing = client.post(url, {"scores": {}})
    assert len(missing.data["errors"]) == 3
    strange = client.post(url, {"scores": {"all": "50"}})
    assert set(strange.data["errors"]) == {"scores.all"}


def test_submit_again_is_harmless_and_others_are_a_conflict(world: World) -> None:
    make_placement(world)
    sheet = make_round(world).evaluations.get(side="enterprise")
    make_submitted_sheet(sheet, 1, 2, 3)
    url = f"{API}evaluations/{sheet.pk}/submit/"
    client = rest_client(world.enterprise_tutor)
    pks = sheet.round.plan.scheme.criteria.values_list("pk", flat=True)
    assert client.post(url, {"scores": dict(zip(map(str, pks), [1, 2, 3], strict=True))}).status_code == 200
    assert client.post(url, {"scores": dict(zip(map(str, pks), [1, 2, 4], strict=True))}).status_code == 409


def test_write_with_read_token_is_refused(world: World) -> None:
    client = rest_client(world.school, scope="read")
    assert client.post(f"{API}evaluation-schemes/", scheme_body()).status_code == 403
    assert client.post(f"{API}evaluation-plans/", plan_body(1)).status_code == 403
    assert client.post(f"{API}evaluations/1/submit/", {"scores": {}}).status_code == 403
    assert not EvaluationScheme.objects.exists()


def test_foreign_rows_are_not_found(world: World) -> None:
    make_placement(world)
    current = make_round(world)
    sheet = current.evaluations.get(side="academic")
    make_submitted_sheet(sheet, 1, 2, 3)
    close_round(current)
    result = sheet.placement.results.get()
    stranger, school = rest_client(make_world().school), rest_client(world.school)
    for path in (
        f"evaluation-schemes/{current.plan.scheme_id}/",
        f"evaluation-plans/{current.plan_id}/",
        f"evaluation-rounds/{current.pk}/",
        f"evaluations/{sheet.pk}/",
        f"results/{result.pk}/",
    ):
        assert school.get(f"{API}{path}").status_code == 200
        assert stranger.get(f"{API}{path}").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "own"), [("evaluations/", 4), ("results/", 1), ("evaluation-rounds/", 1), ("evaluation-schemes/", 2)]
)
def test_lists_cost_the_same_at_any_length(
    path: str, own: int, rows: int, world: World, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        make_placement(world)
        make_scheme(world, title=f"Further {number}")
    current = make_round(world)
    for sheet in current.evaluations.all():
        make_submitted_sheet(sheet, 1, 2, 3)
    close_round(current)
    client = rest_client(world.school)
    with django_assert_num_queries(REST + own):
        assert client.get(f"{API}{path}").status_code == 200
