"""Taken away between two requests of a living session or token: the next one is refused, whatever it asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.services import agreement_terminate
from apps.jobs import runs
from apps.jobs.models import JobRun
from apps.jobs.runs import Progress, run_here
from apps.organizations import principal
from apps.organizations.models import ApiToken, Membership, Role
from apps.organizations.services import membership_end
from apps.organizations.services.rights import role_right_withdraw
from apps.organizations.services.suspension import organization_suspend
from tests.factories.organizations import SYSTEM, actor_as

from . import bodies
from .cast import Cast
from .matrix import API
from .personas import granted
from .rows import Row, call, page
from .test_matrix import ask, client_for, thing_of
from .visitors import Visitor, address, look, send

RIGHTS = ("view_agreements", "manage_agreements", "sign_agreements", "manage_placements", "view_reports")


@dataclass
class Right:
    """What a coordinator of the university holds, and everything by which it is used."""

    cast: Cast
    member: Membership
    sessions: list[Visitor]
    job: JobRun

    def answers(self) -> dict[str, int]:
        """The status of each look and act, in two sessions and with both tokens."""
        found = {}
        for number, visitor in enumerate(self.sessions):
            browser = visitor.browser()
            for url in self.pages():
                found[f"session {number} {url}"] = look(browser, url).status_code
            for url in self.calls():
                found[f"session {number} {url}"] = look(browser, url).status_code
        for scope in ("read", "write"):
            for url in self.calls():
                found[f"{scope} token {url}"] = self.sessions[0].rest(scope).get(url).status_code
        for what, client, row in self.acts():
            answer = ask(row, self.cast, client, thing_of(row, self.cast))
            found[what] = answer.status
            assert not answer.changed or answer.status < 400, f"{what} was refused and changed {answer.changed}"
        return found

    def pages(self) -> list[str]:
        things = self.cast.things
        return [
            reverse("agreements:agreement_detail", args=[things["agreement"].pk]),
            reverse("placements:placement_detail", args=[things["placement"].pk]),
            reverse("reporting:placements"),
            *(f"{reverse('reporting:placements')}?format={kind}" for kind in ("csv", "xlsx", "json")),
            reverse("jobs:run_detail", args=[self.job.pk]),
            reverse("jobs:run_file", args=[self.job.pk]),
        ]

    def calls(self) -> list[str]:
        things = self.cast.things
        return [
            f"/api/v1/agreements/{things['agreement'].pk}/",
            f"/api/v1/placements/{things['placement'].pk}/",
            f"/api/v1/jobs/{self.job.pk}/",
            "/api/v1/reports/placements/",
        ]

    def acts(self) -> list[tuple[str, Any, Row]]:
        terminate = page("agreements:agreement_suspend", "agreement", post=bodies.REASON, school=302)
        api = call("POST", "/agreements/{id}/suspend/", "agreement", body=bodies.REASON, school=200)
        session, other = self.sessions[0], self.sessions[1]
        return [
            ("act by page", session.browser(), terminate),
            ("act by page elsewhere", other.browser(), terminate),
            ("act by token", session.rest(), api),
            ("act by session", session.browser(), api),
        ]


@pytest.fixture
def right(cast: Cast, settings: Any, tmp_path: Any) -> Right:
    settings.MEDIA_ROOT = tmp_path
    member = cast.world.school
    job = JobRun.objects.create(
        kind="tests.export",
        title="CANARY export",
        requested_by=member.user,
        membership_id=member.pk,
        permission="manage_placements",
        state=JobRun.State.DONE,
        result_name="CANARY.csv",
    )
    job.result.save("export.csv", ContentFile(b"CANARY"))
    found = Right(cast, member, [cast.visitors["school"], Visitor.of(member)], job)
    before = found.answers()
    assert {what: status for what, status in before.items() if status >= 400} == {}
    return found


def end_membership(right: Right) -> None:
    successor = right.cast.people["school_administrator"].pk
    membership_end(SYSTEM, membership_id=right.member.pk, successor_id=successor)


def disable_user(right: Right) -> None:
    User.objects.filter(pk=right.member.user_id).update(is_active=False)


def suspend_organization(right: Right) -> None:
    organization_suspend(SYSTEM, organization_id=right.member.organization_id, reason="Closed")


def withdraw_rights(right: Right) -> None:
    for codename in RIGHTS:
        role_right_withdraw(
            SYSTEM, role=Role.COORDINATOR, codename=codename, organization_id=right.member.organization_id
        )


@pytest.mark.parametrize("take_away", [end_membership, disable_user, suspend_organization, withdraw_rights])
def test_next_request_is_refused(right: Right, take_away: Callable[[Right], None]) -> None:
    take_away(right)
    served = {what: status for what, status in right.answers().items() if not _is_refused(status)}
    assert served == {}


def _is_refused(status: int) -> bool:
    return status in {302, 401, 403, 404}


def test_refusal_by_sign_in_leads_there(right: Right) -> None:
    """A redirect counts as a refusal only because it leads to sign-in."""
    disable_user(right)
    for visitor in right.sessions:
        for url in right.pages():
            assert visitor.browser().get(url).headers["Location"].startswith(reverse("account_login"))
    row = right.acts()[0][2]
    assert ask(row, right.cast, right.sessions[1].browser(), thing_of(row, right.cast)).location.startswith(
        reverse("account_login")
    )


@pytest.mark.parametrize("values", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_token_that_is_over_is_refused_while_the_session_goes_on(right: Right, values: dict[str, Any]) -> None:
    ApiToken.objects.filter(membership=right.member).update(**values)
    for url in right.calls():
        assert right.sessions[0].rest("read").get(url).status_code == 401
        assert right.sessions[0].rest("write").get(url).status_code == 401
        assert right.sessions[0].browser().get(url).status_code == 200


def test_ended_agreement_lets_nothing_new_begin(cast: Cast) -> None:
    agreement_terminate(actor_as(cast.world.firm), agreement_id=cast.world.agreement.pk, **bodies.TERMINATION)
    for persona, row in (
        ("other_student", page("applications:application_create", "open_position", post=bodies.STATEMENT, school=302)),
        ("firm", page("bases:base_create", post=bodies.BASE, school=302)),
        ("firm", page("bases:intake_create", "base", post=bodies.INTAKE, school=302)),
        ("firm", page("bases:intake_open", "draft_intake", post={}, school=302)),
        ("firm", call("POST", "/bases/", body=bodies.BASE, school=201)),
        ("firm", page("placements:placement_start", "ready_placement", post={}, school=302)),
    ):
        client = client_for(row, cast.visitors[persona])
        answer = ask(row, cast, client, thing_of(row, cast))
        is_kept = row.url_name == "bases:intake_create" and answer.status == 302  # a draft, which cannot be opened
        assert answer.status in {409, 404, 422} or is_kept, f"{row}: {answer.status}"


def test_ended_agreement_shows_the_former_partner_nothing_else(cast: Cast) -> None:
    """Its own agreement as it was signed, and no base, intake, student or placement of the university."""
    browser = cast.visitors["former_partner"].browser()
    for path in ("/bases/", "/intakes/", "/placements/", "/applications/", "/logs/", "/journals/"):
        response = browser.get(path)
        assert response.status_code in {200, 403, 404}, path
        assert cast.canary not in response.content.decode(), path


# --- jobs that run meanwhile ---


@pytest.mark.parametrize("kind", sorted(runs._kinds))
def test_job_of_somebody_who_lost_the_account_delivers_nothing(kind: str, right: Right) -> None:
    params = {"person": right.member.user_id, "import": 0, "version": 1, "intake": 0, "not_before": ""}
    params |= {"versions": [], "evidence": {}}
    job = JobRun.objects.create(
        kind=kind, title="Export", params=params, requested_by=right.member.user, membership_id=right.member.pk
    )
    disable_user(right)
    run_here(job)
    assert (job.state, job.result.name) == (JobRun.State.FAILED, "")


@pytest.mark.parametrize("kind", sorted(runs._kinds))
def test_every_handler_asks_again_before_it_delivers(kind: str) -> None:
    source = inspect.getsource(runs._kinds[kind].handler)
    assert source.count("actor_of_job(job)") + source.count("_allowed(job)") >= 2, kind


def test_export_that_runs_while_the_account_is_disabled_is_not_delivered(
    right: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"person": right.member.user_id}
    values = {"kind": "own_data_export", "title": "Copy", "params": params, "requested_by": right.member.user}
    undisturbed = JobRun.objects.create(**values, membership_id=right.member.pk)
    run_here(undisturbed)
    assert undisturbed.state == JobRun.State.DONE
    assert undisturbed.result.name
    monkeypatch.setattr(Progress, "step", lambda progress, done, total: disable_user(right))
    disturbed = JobRun.objects.create(**values, membership_id=right.member.pk)
    run_here(disturbed)
    assert (disturbed.state, disturbed.result.name) == (JobRun.State.FAILED, "")


# --- every address, of somebody whose membership ends while signed in ---


def test_no_operation_serves_a_token_whose_membership_ended(cast: Cast) -> None:
    membership_end(SYSTEM, membership_id=cast.world.school.pk, successor_id=cast.people["school_administrator"].pk)
    client = cast.visitors["school"].rest()
    served = []
    for row in API:
        if "school" in granted(row) and not row.in_session:
            response = send(client, row.method, address(row, thing_of(row, cast)), {}, is_json=True)
            if response.status_code != 401:
                served.append(f"{row}: {response.status_code}")
    assert served == []


# --- a control: without the condition the next request is served ---


def test_next_request_is_served_when_endings_do_not_count(right: Right, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal, "_principals", lambda: Membership.objects.all().with_permissions())
    principal._of_person.cache_clear()
    principal._of_token.cache_clear()
    Membership.objects.filter(pk=right.member.pk).update(ended_at=timezone.now())
    try:
        assert any(not _is_refused(status) for status in right.answers().values())
    finally:
        principal._of_person.cache_clear()
        principal._of_token.cache_clear()
