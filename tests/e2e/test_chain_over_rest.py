"""The whole chain, played by REST clients that have a token and the OpenAPI document."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from launcher.stack import Stack

from .rest import Document, Rest, set_up_factor, signed_in

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("e2e")]
TODAY = date.today()  # noqa: DTZ011  # the day of the demo data
MONDAY = TODAY - timedelta(days=TODAY.weekday())


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture
def rest(stack: Stack, logins: dict[str, dict[str, str]]) -> Iterator[Callable[..., Rest]]:
    """``rest("student")``: a client with a fresh token of that demo person."""
    documents: list[Document] = []
    clients: list[Rest] = []

    def client(who: str, scope: str = "write") -> Rest:
        login = logins[who]
        place = ["--organization", login["organization_code"], "--role", login["membership_role"]]
        token = stack.manage("create_api_token", login["email"], *place, "--scope", scope).strip()
        if not documents:
            documents.append(Document(stack.url, token))
        clients.append(Rest(documents[0], token))
        return clients[-1]

    yield client
    for opened in clients:
        opened.client.close()


def wait_for(ask: Callable[[], Any], *, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "the schedule did not do its work in time"
        time.sleep(0.5)
    return found


def test_chain_from_agreement_to_report(rest: Callable[..., Rest], logins: dict[str, dict[str, str]]) -> None:
    school, firm = rest("university_coordinator"), rest("enterprise_coordinator")
    student, mentor, teacher = rest("student"), rest("enterprise_tutor"), rest("academic_tutor")

    # An agreement that both sides sign.
    agreement = school.call(
        "agreements_create",
        body={
            "title": "REST chain",
            "mode": "training_base",
            "starts_on": day(0),
            "ends_on": day(400),
            "parties": [logins["enterprise_coordinator"]["organization_code"]],
        },
    )
    school.call("agreements_submit_create", id=agreement["id"])
    people = {
        who: signed_in(school.document, logins[who])
        for who in ("university_coordinator", "enterprise_coordinator", "student")
    }
    both = [(school, people["university_coordinator"]), (firm, people["enterprise_coordinator"])]
    sign(agreement["id"], both)
    assert school.call("agreements_retrieve", id=agreement["id"])["state"] == "in_force"

    # A base under it opens an intake.
    base = firm.call(
        "bases_create",
        body={
            "agreement": agreement["id"],
            "kind": "off_campus",
            "name": "REST workshop",
            "region": "320500",
            "address": "1 Harbour Road",
        },
    )
    intake = firm.call(
        "intakes_create",
        body={
            "base": base["id"],
            "title": "REST intake",
            "selection": "reviewed",
            "closes_on": day(5),
            "starts_on": day(-7),
            "ends_on": day(60),
            "positions": [{"title": "Fitter", "tasks": "Fit", "places": 2}],
        },
    )
    intake = firm.call("intakes_open_create", id=intake["id"])

    # A student applies, is accepted and gets both tutors.
    application = student.call(
        "applications_create", body={"position": intake["positions"][0]["id"], "statement": "I want to learn to fit."}
    )
    assert application["state"] == "submitted"
    assert firm.call("applications_accept_create", id=application["id"])["state"] == "accepted"
    placement = school.call(
        "placements_create",
        body={"application": application["id"], "academic_tutor": _tutor(school, logins["academic_tutor"]["email"])},
    )
    firm.call(
        "placements_enterprise_tutor_create",
        id=placement["id"],
        body={"tutor": _tutor(firm, logins["enterprise_tutor"]["email"])},
    )

    # Work begins only under a tri-party agreement that student, host and university have signed.
    firm.call("placements_start_create", id=placement["id"], expect=409)
    tri_party = school.call("placements_agreement_create", id=placement["id"], body={})["agreement"]
    school.call("agreements_submit_create", id=tri_party)
    set_up_factor(people["student"])
    sign(tri_party, [(student, people["student"]), *reversed(both)])
    assert school.call("agreements_retrieve", id=tri_party)["state"] == "in_force"
    assert firm.call("placements_start_create", id=placement["id"])["state"] == "active"
    for person in people.values():
        person.client.close()

    # Life at the base.
    mentor.call(
        "progress_logs_create",
        body={"placement": placement["id"], "worked_on": day(0), "hours": "7.50", "tasks": "Filing", "rating": 4},
    )
    journal = student.call(
        "journals_create",
        body={
            "placement": placement["id"],
            "week_of": MONDAY.isoformat(),
            "work_done": "Filed",
            "learnt": "Patience",
        },
    )
    teacher.call("journals_answer_create", id=journal["id"], body={"text": "Good."})

    # One standard, a plan, a round that the schedule opens; both tutors score.
    scheme = school.call(
        "evaluation_schemes_create",
        body={
            "title": "REST standard",
            "criteria": [
                {"title": "Care", "standard": "Enterprise rule 1", "weight": "60"},
                {"title": "Skill", "standard": "Qualification standard", "weight": "40"},
            ],
        },
    )
    scheme = school.call("evaluation_schemes_publish_create", id=scheme["id"])
    school.call(
        "evaluation_plans_create",
        body={
            "scheme": scheme["id"],
            "base": base["id"],
            "cadence": "monthly",
            "first_due_on": day(0),
            "ends_on": day(20),
            "days_open": 3,
        },
    )
    for tutor, points in ((mentor, ("80", "90")), (teacher, ("70", "90"))):
        sheet = wait_for(lambda client=tutor: _sheet_of(client, placement["id"]))
        criteria = [str(criterion["id"]) for criterion in scheme["criteria"]]
        scores = dict(zip(criteria, points, strict=True))
        tutor.call("evaluations_submit_create", id=sheet["id"], body={"scores": scores})

    # The schedule closes the round that everybody has scored; the university reads the result and the report.
    result = wait_for(lambda: _result_of(school, placement["id"]))
    assert result["score"] == "81.00"
    report = school.call("reports_placements_retrieve", query={"base": base["id"]})
    assert [(row["placements"], row["hours"], row["mean_score"]) for row in report["results"]] == [(1, "7.50", "81.00")]
    assert wait_for(lambda: student.call("notifications_list")["results"])


def sign(agreement: int, sides: list[tuple[Rest, Rest]]) -> None:
    """Each side in its turn. A token cannot sign; the person behind it, who has just given the second factor, does."""
    for token, person in sides:
        version = token.call("agreements_retrieve", id=agreement)["versions"][-1]
        shown = token.call("agreement_versions_retrieve", id=version["id"])
        named = {"content_hash": shown["content_hash"]}
        token.call("agreements_sign_create", id=agreement, body=named, expect=403)
        person.call("agreements_sign_create", id=agreement, body=named)


def _tutor(client: Rest, email: str) -> int:
    found = client.call("members_list", query={"role": "tutor", "q": email})["results"]
    return int(found[0]["id"])


def _sheet_of(client: Rest, placement: int) -> Any:
    sheets = client.call("evaluations_list")["results"]
    return next((sheet for sheet in sheets if sheet["placement"] == placement), None)


def _result_of(client: Rest, placement: int) -> Any:
    results = client.call("results_list")["results"]
    return next((result for result in results if result["placement"] == placement), None)


def test_write_with_a_read_token_is_refused(rest: Callable[..., Rest]) -> None:
    client = rest("university_coordinator", scope="read")
    client.call("agreements_list")
    client.call("agreements_submit_create", id=1, expect=403)
