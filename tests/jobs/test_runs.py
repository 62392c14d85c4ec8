"""Long jobs: one at a time, all or nothing, seen by others while they run, taken again when their worker dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs import runs
from apps.jobs.models import JobRun
from apps.jobs.pruning import prune
from apps.jobs.runs import MAX_ATTEMPTS, Progress, job_handler, run_due, run_here
from apps.jobs.services import job_cancel, job_start
from apps.organizations.models import Membership, OrganizationGroupObjectPermission, Role
from apps.organizations.principal import actor_of_job
from apps.organizations.services import membership_end
from tests.factories.organizations import SYSTEM, actor_as, make_member, make_person, make_university, rest_client
from tests.support.queries import REST, SHELL

KIND = "tests.write"
Act = Callable[[JobRun, Progress], None]


@pytest.fixture
def acts(settings: Any, tmp_path: Path) -> Iterator[list[Act]]:
    """What the handler of the tests does; it then writes a person and says so."""
    settings.MEDIA_ROOT = tmp_path
    todo: list[Act] = []

    @job_handler(KIND, {"written": "Written"})
    def handle(job: JobRun, progress: Progress) -> dict[str, Any]:
        actor_of_job(job)
        person = make_person("Written by a job")
        for act in todo:
            act(job, progress)
        actor_of_job(job)
        return {"written": 1, "pk": person.pk, "problems": [[2, "name", "odd"]]}

    yield todo
    del runs._kinds[KIND]


@pytest.fixture
def member(transactional_db: None) -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


def ask(member: Membership, **values: Any) -> JobRun:
    return job_start(actor_as(member), **{"kind": KIND, "title": "Write", "params": {}} | values)


def now(job: JobRun) -> JobRun:
    job.refresh_from_db()
    return job


def elsewhere(act: Callable[[], Any]) -> Any:
    """The answer of ``act`` over another connection than this thread's."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return found[0]


def written() -> int:
    from apps.accounts.models import User

    return User.objects.filter(name="Written by a job").count()


def test_run_due_waiting_does_it_once(member: Membership, acts: list[Act]) -> None:
    job = ask(member)
    assert run_due()
    assert (now(job).state, job.summary["written"], job.attempts) == ("done", 1, 1)
    assert not run_due()
    assert written() == 1


def test_step_is_seen_by_others_while_nothing_is_committed(member: Membership, acts: list[Act]) -> None:
    seen: list[Any] = []

    def step(job: JobRun, progress: Progress) -> None:
        progress.step(7, 10)
        seen.extend(elsewhere(lambda: (JobRun.objects.values_list("state", "done", "total").get(), written())))

    acts.append(step)
    ask(member)
    run_due()
    assert seen == [("running", 7, 10), 0]


def test_run_due_while_another_is_at_work_leaves_it(member: Membership, acts: list[Act]) -> None:
    answers: list[Any] = []
    acts.append(lambda job, progress: answers.append(elsewhere(run_due)))
    first, second = ask(member), ask(member)
    run_due()
    assert answers == [False]
    assert (now(first).state, now(second).state) == ("done", "waiting")


def test_cancel_running_is_seen_at_the_next_step_and_takes_back(member: Membership, acts: list[Act]) -> None:
    def cancel(job: JobRun, progress: Progress) -> None:
        progress.attach("rows.csv", b"a")
        elsewhere(lambda: job_cancel(actor_as(member), job_id=job.pk))
        progress.step(1, 2)

    acts.append(cancel)
    job = ask(member)
    run_due()
    assert now(job).state == "cancelled"
    assert job.finished_at is not None
    assert written() == 0
    assert default_storage.listdir("jobs")[1] == []


def test_cancel_waiting_ends_at_once_and_repeat_keeps(member: Membership, acts: list[Act]) -> None:
    job = ask(member)
    ended = job_cancel(actor_as(member), job_id=job.pk)
    assert job_cancel(actor_as(member), job_id=job.pk).finished_at == ended.finished_at
    assert not run_due()
    assert now(job).state == "cancelled"


def test_cancel_ended_is_wrong_state_and_foreign_not_found(member: Membership, acts: list[Act]) -> None:
    job = ask(member)
    with pytest.raises(NotFound):
        job_cancel(actor_as(make_member(make_university())), job_id=job.pk)
    run_due()
    with pytest.raises(WrongState):
        job_cancel(actor_as(member), job_id=job.pk)


@pytest.mark.parametrize("error", [NotAllowed("No longer."), ValidationError("No longer.")])
def test_refusal_fails_with_its_reason_and_takes_back(member: Membership, acts: list[Act], error: Exception) -> None:
    def refuse(job: JobRun, progress: Progress) -> None:
        raise error

    acts.append(refuse)
    job = ask(member)
    run_due()
    assert (now(job).state, job.message, written()) == ("failed", "No longer.", 0)


def test_error_is_tried_again_then_fails_without_telling_values(
    member: Membership, acts: list[Act], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(job: JobRun, progress: Progress) -> None:
        raise ValueError("about 张三, 110101199003070000")

    acts.append(fail)
    job = ask(member)
    for _attempt in range(MAX_ATTEMPTS):
        assert run_due()
    assert not run_due()
    assert (now(job).state, job.attempts, written()) == ("failed", MAX_ATTEMPTS, 0)
    assert "ValueError" in caplog.text
    assert "张三" not in caplog.text + job.message


def test_job_of_a_dead_worker_is_taken_again_then_given_up(member: Membership, acts: list[Act]) -> None:
    job = ask(member)
    JobRun.objects.filter(pk=job.pk).update(state="running", attempts=1)
    run_due()
    assert (now(job).state, written()) == ("done", 1)
    JobRun.objects.filter(pk=job.pk).update(state="running", attempts=MAX_ATTEMPTS)
    run_due()
    assert (now(job).state, written()) == ("failed", 1)


def test_cancel_asked_of_a_dead_worker_is_heard(member: Membership, acts: list[Act]) -> None:
    job = ask(member)
    JobRun.objects.filter(pk=job.pk).update(state="running", attempts=1)
    job_cancel(actor_as(member), job_id=job.pk)
    run_due()
    assert (now(job).state, written()) == ("cancelled", 0)


def test_right_withdrawn_while_it_runs_delivers_nothing(member: Membership, acts: list[Act]) -> None:
    def withdraw(job: JobRun, progress: Progress) -> None:
        progress.attach("members.csv", b"secret")
        elsewhere(
            lambda: OrganizationGroupObjectPermission.objects.filter(permission__codename="manage_members").delete()
        )

    acts.append(withdraw)
    job = ask(member, permission="manage_members")
    run_due()
    assert (now(job).state, job.result.name, written()) == ("failed", "", 0)
    assert default_storage.listdir("jobs")[1] == []
    assert not JobRun.objects.visible_to(actor_as(member)).exists()


def test_membership_ended_before_it_runs_refuses(member: Membership, acts: list[Act]) -> None:
    make_member(member.organization, Role.ADMINISTRATOR)
    make_member(member.organization, Role.STUDENT, member.user)
    job = ask(member)
    membership_end(SYSTEM, membership_id=member.pk)
    run_due()
    assert (now(job).state, written()) == ("failed", 0)


def test_run_here_works_in_the_callers_transaction(member: Membership, acts: list[Act]) -> None:
    job = run_here(ask(member))
    assert (now(job).state, written()) == ("done", 1)


def test_system_asks_for_no_job(db: None) -> None:
    with pytest.raises(NotAllowed):
        job_start(SYSTEM, kind=KIND, title="x", params={})


def test_prune_removes_files_after_a_week_and_strays(member: Membership, acts: list[Act], settings: Any) -> None:
    acts.append(lambda job, progress: progress.attach("rows.csv", b"a"))
    old, fresh = ask(member), ask(member)
    run_due(), run_due()
    JobRun.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=8))
    stray = Path(settings.MEDIA_ROOT) / "jobs" / "stray.csv"
    stray.write_bytes(b"x")
    import os

    os.utime(stray, (0, 0))
    prune()
    assert (now(old).result.name, not stray.exists()) == ("", True)
    assert default_storage.exists(now(fresh).result.name)
    assert len(default_storage.listdir("jobs")[1]) == 1


def test_pages_show_progress_result_and_file(
    member: Membership, acts: list[Act], as_member: Any, django_assert_num_queries: Any
) -> None:
    acts.append(lambda job, progress: (progress.step(3, 3), progress.attach("行.csv", b"a,b"))[0])
    browser = as_member(member)
    job, waiting = ask(member), ask(member)
    assert "Another job is at work" in browser.get(f"/jobs/{waiting.pk}/").content.decode()
    JobRun.objects.filter(pk=job.pk).update(
        state="running", done=1, total=3, started_at=timezone.now() - timedelta(minutes=2)
    )
    fragment = browser.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "about 4 minutes left" in fragment
    assert "<html" not in fragment
    run_due()
    with django_assert_num_queries(SHELL + 1):
        page = browser.get(f"/jobs/{job.pk}/").content.decode()
    assert "Written" in page
    assert "odd" in page
    with django_assert_num_queries(SHELL + 1):
        assert "Write" in browser.get("/jobs/").content.decode()
    file = browser.get(f"/jobs/{job.pk}/file/")
    assert b"".join(file.streaming_content) == b"a,b"
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert browser.post(f"/jobs/{waiting.pk}/cancel/").status_code == 302
    assert now(waiting).state == "cancelled"


def test_foreign_job_is_not_found_anywhere(member: Membership, acts: list[Act], as_member: Any) -> None:
    acts.append(lambda job, progress: progress.attach("rows.csv", b"a"))
    job = ask(member)
    run_due()
    colleague = make_member(member.organization, Role.ADMINISTRATOR)
    for address in ("", "file/"):
        assert as_member(colleague).get(f"/jobs/{job.pk}/{address}").status_code == 404
    assert as_member(colleague).post(f"/jobs/{job.pk}/cancel/").status_code == 404
    assert rest_client(colleague).get(f"/api/v1/jobs/{job.pk}/").status_code == 404


def test_api_lists_and_cancels(member: Membership, acts: list[Act], django_assert_num_queries: Any) -> None:
    job = ask(member)
    client = rest_client(member)
    with django_assert_num_queries(REST + 1):
        assert [row["id"] for row in client.get("/api/v1/jobs/").json()["results"]] == [job.pk]
    assert client.post(f"/api/v1/jobs/{job.pk}/cancel/").json()["state"] == "cancelled"
    assert rest_client(member, "read").post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 403
