from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.agreements.models import Agreement
from apps.agreements.services import agreement_sign, agreement_submit
from apps.applications.models import Application
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.organizations.models import Role
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog
from tests.factories.agreements import shown_hash
from tests.factories.chain import World, make_application, make_placement, make_world
from tests.factories.organizations import actor_as, make_enterprise, make_member, rest_client
from tests.support.queries import REST

pytestmark = pytest.mark.django_db
PLACEMENTS, LOGS, JOURNALS = "/api/v1/placements/", "/api/v1/progress-logs/", "/api/v1/journals/"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def placement(world: World) -> Placement:
    return make_placement(world, world.student)


def log_body(placement: Placement, **values: Any) -> dict[str, Any]:
    return {
        "placement": placement.pk,
        "worked_on": timezone.localdate().isoformat(),
        "hours": "7.5",
        "tasks": "Aligned the conveyor",
        "rating": 4,
    } | values


def journal_body(placement: Placement, **values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    return {
        "placement": placement.pk,
        "week_of": monday.isoformat(),
        "work_done": "Fitted sensors",
        "learnt": "Reading plans",
    } | values


def test_whole_life_over_rest(world: World) -> None:
    school, firm = rest_client(world.school), rest_client(world.firm)
    application = make_application(world, world.student, state=Application.State.ACCEPTED)
    created = school.post(PLACEMENTS, {"application": application.pk, "academic_tutor": world.academic_tutor.pk})
    assert created.status_code == 201
    url = f"{PLACEMENTS}{created.data['id']}/"
    assert school.post(f"{url}start/").status_code == 409
    named = firm.post(f"{url}enterprise-tutor/", {"tutor": world.enterprise_tutor.pk})
    assert named.data["enterprise_tutor"] == {
        "id": world.enterprise_tutor.pk,
        "name": world.enterprise_tutor.user.name,
    }
    refused = school.post(f"{url}start/")
    assert refused.status_code == 409
    assert "no tri-party agreement" in refused.data["detail"]
    agreement = school.post(f"{url}agreement/").data["agreement"]
    assert school.post(f"{url}agreement/").data["agreement"] == agreement
    assert firm.post(f"{url}agreement/").status_code == 403
    made = Agreement.objects.get(pk=agreement)
    agreement_submit(actor_as(world.school), agreement_id=agreement)
    for member in (world.student, world.firm, world.school):
        actor = actor_as(member)
        agreement_sign(actor, agreement_id=agreement, content_hash=shown_hash(made, actor))
    assert school.post(f"{url}start/").data["state"] == "active"
    assert school.post(f"{url}complete/").data["state"] == "completed"
    assert school.post(f"{url}break-off/", {"reason": "Late"}).status_code == 409
    assert rest_client(world.student).get(url).data["state"] == "completed"


def test_agreements_of_an_intake_are_asked_for_as_a_job(world: World) -> None:
    body = {"intake": world.intake.pk, "not_before": timezone.localdate().isoformat()}
    school = rest_client(world.school)
    assert school.post(f"{PLACEMENTS}agreements/", body).status_code == 409
    make_placement(world, state=Placement.State.PREPARING, started_at=None, agreement=None)
    answer = school.post(f"{PLACEMENTS}agreements/", body)
    assert (answer.status_code, answer.data["kind"]) == (202, "placement_agreements")
    assert school.post(f"{PLACEMENTS}agreements/", {"intake": "x"}).status_code == 400
    assert rest_client(world.firm).post(f"{PLACEMENTS}agreements/", body).status_code == 403
    assert run_here(JobRun.objects.get(pk=answer.data["id"])).summary["made"] == 1


def test_break_off_says_why(world: World, placement: Placement) -> None:
    url = f"{PLACEMENTS}{placement.pk}/break-off/"
    assert rest_client(world.firm).post(url, {"reason": ""}).data["errors"].keys() == {"reason"}
    answer = rest_client(world.firm).post(url, {"reason": "The line is closed."})
    assert (answer.data["state"], answer.data["reason"]) == ("broken_off", "The line is closed.")


@pytest.mark.parametrize(
    ("field", "value"), [("academic_tutor", 0), ("academic_tutor", "x"), ("ends_on", "2001-01-01"), ("ends_on", "soon")]
)
def test_create_with_bad_value_is_a_problem_by_field(field: str, value: Any, world: World) -> None:
    application = make_application(world, state=Application.State.ACCEPTED)
    body = {"application": application.pk, "academic_tutor": world.academic_tutor.pk, field: value}
    response = rest_client(world.school).post(PLACEMENTS, body)
    assert response.status_code == 400
    assert response.data["errors"]
    assert not Placement.objects.exists()


def test_create_for_foreign_application_is_not_found(world: World) -> None:
    other = make_world()
    application = make_application(other, state=Application.State.ACCEPTED)
    body = {"application": application.pk, "academic_tutor": world.academic_tutor.pk}
    assert rest_client(world.school).post(PLACEMENTS, body).status_code == 404


def test_foreign_rows_are_like_rows_that_do_not_exist(world: World, placement: Placement) -> None:
    log = rest_client(world.enterprise_tutor).post(LOGS, log_body(placement)).data
    journal = rest_client(world.student).post(JOURNALS, journal_body(placement)).data
    stranger = rest_client(make_member(make_enterprise()))
    for url, pk in ((PLACEMENTS, placement.pk), (LOGS, log["id"]), (JOURNALS, journal["id"])):
        assert stranger.get(f"{url}{pk}/").status_code == 404
        assert stranger.get(f"{url}{pk}/").content == stranger.get(f"{url}999999999/").content
        assert stranger.get(url).data["results"] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_placement_list_costs_five_statements_and_later_one(
    rows: int, world: World, django_assert_num_queries: Any
) -> None:
    made = [make_placement(world).pk for _row in range(rows)]
    client = rest_client(world.school)
    with django_assert_num_queries(REST + 5):
        response = client.get(PLACEMENTS, {"page_size": 200})
    with django_assert_num_queries(REST + 1):
        client.get(PLACEMENTS, {"page_size": 200})
    assert [row["id"] for row in response.data["results"]] == made[::-1]


def test_placement_list_filters(world: World, placement: Placement) -> None:
    tutor = make_member(world.enterprise, Role.TUTOR)
    other = make_placement(world, enterprise_tutor=tutor)
    waiting = make_placement(world, enterprise_tutor=None, state=Placement.State.PREPARING)
    client = rest_client(world.school)
    for query, expected in (
        ({"state": "preparing"}, [waiting]),
        ({"tutor": tutor.pk}, [other]),
        ({"tutor": "none"}, [waiting]),
        ({"tutor": "nonsense"}, []),
        ({"base": world.base.pk}, [waiting, other, placement]),
        ({"base": world.base.pk + 1}, []),
        ({"university": world.university.pk, "state": "active"}, [other, placement]),
        ({"q": world.student.user.name}, [placement]),
    ):
        found = client.get(PLACEMENTS, query).data["results"]
        assert [row["id"] for row in found] == [row.pk for row in expected], query


def test_placement_list_pages_by_key(world: World) -> None:
    made = [make_placement(world).pk for _row in range(3)]
    client = rest_client(world.school)
    first = client.get(PLACEMENTS, {"page_size": 2}).data
    second = client.get(first["next"]).data
    assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]


def test_placement_names_come_in_the_readers_language(world: World, placement: Placement) -> None:
    client = rest_client(world.school)
    for language, name in (("en", world.base.name_en), ("zh-hans", world.base.name)):
        world.school.user.language = language
        world.school.user.save()
        row = client.get(f"{PLACEMENTS}{placement.pk}/", headers={"Accept-Language": language}).data
        assert row["base"]["name"] == name


def test_log_record_costs_at_most_five_statements(
    world: World, placement: Placement, django_assert_max_num_queries: Any
) -> None:
    client = rest_client(world.enterprise_tutor)
    with django_assert_max_num_queries(REST + 5):
        response = client.post(LOGS, log_body(placement))
    assert response.status_code == 201
    assert response.json() == client.get(f"{LOGS}{response.data['id']}/").json()


def test_log_with_same_idempotency_key_has_one_effect(world: World, placement: Placement) -> None:
    client = rest_client(world.enterprise_tutor)
    first = client.post(LOGS, log_body(placement), headers={"Idempotency-Key": "k1"})
    again = client.post(LOGS, log_body(placement), headers={"Idempotency-Key": "k1"})
    other = client.post(LOGS, log_body(placement, rating=1), headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert ProgressLog.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hours", "0"),
        ("hours", "25"),
        ("hours", "NaN"),
        ("rating", 6),
        ("tasks", ""),
        ("worked_on", "2999-01-01"),
        ("worked_on", "x"),
    ],
)
def test_log_with_bad_value_is_a_problem_by_field(field: str, value: Any, world: World, placement: Placement) -> None:
    response = rest_client(world.enterprise_tutor).post(LOGS, log_body(placement, **{field: value}))
    assert response.status_code == 400
    assert response.data["errors"].keys() == {field}
    assert not ProgressLog.objects.exists()


def test_log_revision_needs_the_version_that_was_read(world: World, placement: Placement) -> None:
    client = rest_client(world.enterprise_tutor)
    url = f"{LOGS}{client.post(LOGS, log_body(placement)).data['id']}/"
    assert client.patch(url, {"rating": 5}).data["errors"].keys() == {"version"}
    revised = client.patch(url, {"rating": 5, "version": 1})
    assert (revised.data["rating"], revised.data["version"], revised.data["hours"]) == (5, 2, "7.50")
    assert client.patch(url, {"rating": 1, "version": 1}).status_code == 409
    assert ProgressLog.objects.get().rating == 5


@pytest.mark.parametrize("rows", [1, 3])
def test_log_list_costs_the_same_at_any_length(
    rows: int, world: World, placement: Placement, django_assert_num_queries: Any
) -> None:
    client = rest_client(world.enterprise_tutor)
    for day in range(rows):
        worked_on = timezone.localdate() - timedelta(days=day)
        client.post(LOGS, log_body(placement, worked_on=worked_on.isoformat()))
    with django_assert_num_queries(REST + 1):
        response = client.get(LOGS, {"placement": placement.pk})
    assert len(response.data["results"]) == rows
    assert client.get(LOGS, {"placement": placement.pk + 1}).data["results"] == []


def test_journal_is_written_and_answered_over_rest(world: World, placement: Placement) -> None:
    student, tutor = rest_client(world.student), rest_client(world.academic_tutor)
    created = student.post(JOURNALS, journal_body(placement))
    assert created.status_code == 201
    assert [row["id"] for row in tutor.get(JOURNALS, {"answered": "false"}).data["results"]] == [created.data["id"]]
    answered = tutor.post(f"{JOURNALS}{created.data['id']}/answer/", {"text": "Well done"})
    assert answered.data["answers"][0]["text"] == "Well done"
    assert tutor.get(JOURNALS, {"answered": "false"}).data["results"] == []
    assert student.post(f"{JOURNALS}{created.data['id']}/answer/", {"text": "Hm"}).status_code == 403


@pytest.mark.parametrize(("field", "value"), [("week_of", "2999-01-03"), ("work_done", ""), ("placement", "x")])
def test_journal_with_bad_value_is_a_problem_by_field(
    field: str, value: Any, world: World, placement: Placement
) -> None:
    response = rest_client(world.student).post(JOURNALS, journal_body(placement) | {field: value})
    assert response.status_code == 400
    assert response.data["errors"].keys() == {field}
    assert not Journal.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_journal_list_costs_the_same_at_any_length(
    rows: int, world: World, placement: Placement, django_assert_num_queries: Any
) -> None:
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    for week in range(rows):
        journal = Journal.objects.create(
            placement=placement, week_of=monday - timedelta(weeks=week), work_done="a", learnt="b"
        )
        JournalAnswer.objects.create(journal=journal, tutor=world.academic_tutor, text="c")
    client = rest_client(world.student)
    with django_assert_num_queries(REST + 4):
        response = client.get(JOURNALS)
    assert len(response.data["results"]) == rows


def test_write_with_read_token_is_refused(world: World, placement: Placement) -> None:
    assert rest_client(world.enterprise_tutor, scope="read").post(LOGS, log_body(placement)).status_code == 403
    assert rest_client(world.student, scope="read").post(JOURNALS, journal_body(placement)).status_code == 403
    url = f"{PLACEMENTS}{placement.pk}/complete/"
    assert rest_client(world.school, scope="read").post(url).status_code == 403
    placement.refresh_from_db()
    assert placement.state == Placement.State.ACTIVE
    assert not ProgressLog.objects.exists()
    assert not Journal.objects.exists()
