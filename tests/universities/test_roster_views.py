"""The pages and the API of the roster."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.organizations.models import Membership, Role
from apps.universities.models import RosterImport, StudentProfile
from tests.factories.organizations import actor_as, make_enterprise, make_member, rest_client
from tests.factories.roster import csv_file, identity_number, imported, make_keeper, student, upload
from tests.support.queries import REST, SHELL

pytestmark = pytest.mark.django_db
FULL = re.compile(r"\d{17}[\dX]")


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def keeper(db: None) -> Membership:
    return make_keeper()


def test_upload_preview_check_and_take_over(keeper: Membership, as_member: Any) -> None:
    browser = as_member(keeper)
    file = SimpleUploadedFile("名单.csv", csv_file([student(1), student(2)]), "text/csv")
    answer = browser.post("/roster/new/", {"kind": "students", "file": file})
    roster = RosterImport.objects.get()
    assert answer["Location"] == f"/roster/{roster.pk}/"
    page = browser.get(answer["Location"]).content.decode()
    assert "学生2" in page
    assert not FULL.search(page)
    assert "110***********" in page
    form = {**roster.mapping, "create_missing": "on", "encoding": "utf-8", "delimiter": ","}
    answer = browser.post(f"/roster/{roster.pk}/", form)
    job = JobRun.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert run_here(job).state == "done"
    assert "Errors" in browser.get(f"/jobs/{job.pk}/").content.decode()
    answer = browser.post(f"/roster/{roster.pk}/commit/")
    done = run_here(JobRun.objects.get(kind="roster_commit"))
    assert (answer["Location"], done.summary["created"]) == (f"/jobs/{done.pk}/", 2)
    assert "taken over" in browser.get(f"/roster/{roster.pk}/").content.decode()
    assert "taken over" in browser.get("/roster/").content.decode()


def test_bad_upload_says_why_and_keeps_nothing(keeper: Membership, as_member: Any) -> None:
    browser = as_member(keeper)
    for name, data in (("a.csv", b"\n"), ("a.xlsx", b"PK\x03\x04no"), ("a.exe", b"MZ")):
        answer = browser.post("/roster/new/", {"kind": "students", "file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 422
    assert not RosterImport.objects.exists()


def test_mapping_without_a_needed_column_is_refused_at_its_field(keeper: Membership, as_member: Any) -> None:
    roster = upload(actor_as(keeper), csv_file([student(1)]))
    form = {**roster.mapping, "number": "", "encoding": "utf-8", "delimiter": ","}
    answer = as_member(keeper).post(f"/roster/{roster.pk}/", form)
    assert answer.status_code == 422
    assert "Choose the column" in answer.content.decode()
    assert not JobRun.objects.exists()


def test_taking_over_unchecked_is_wrong_state(keeper: Membership, as_member: Any) -> None:
    roster = upload(actor_as(keeper), csv_file([student(1)]))
    assert as_member(keeper).post(f"/roster/{roster.pk}/commit/").status_code == 409


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_at_any_length(
    keeper: Membership, as_member: Any, django_assert_num_queries: Any, count: int
) -> None:
    imported(keeper, csv_file([student(n) for n in range(1, count + 1)]))
    browser = as_member(keeper)
    browser.get("/students/")
    for address in ("/students/", "/roster/", "/teachers/"):
        with django_assert_num_queries(SHELL + 1):
            assert browser.get(address).status_code == 200
    client = rest_client(keeper)
    for address in ("students", "programmes", "classes", "roster-imports"):
        with django_assert_num_queries(REST + 1):
            assert len(client.get(f"/api/v1/{address}/").json()["results"]) >= 1


def test_students_are_found_by_name_number_and_class(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1), student(2)]))
    browser = as_member(keeper)
    for query in ("学生2", "2024000002", "机电2401"):
        page = browser.get("/students/", {"q": query}).content.decode()
        assert "学生2" in page
        assert "学生1" not in page


@pytest.mark.django_db(transaction=True)
def test_export_holds_no_identity_number(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1, 姓名="=1+1"), student(2)]))
    browser = as_member(keeper)
    text = b"".join(browser.get("/students/?format=csv").streaming_content).decode()
    assert "学生2" in text
    assert not FULL.search(text)
    file = browser.get("/students/?format=xlsx")
    cells = list(openpyxl.load_workbook(io.BytesIO(b"".join(file.streaming_content))).active.iter_rows())
    file.close()
    assert "'=1+1" in {row[1].value for row in cells}
    assert browser.get("/students/?format=pdf").status_code == 404


def test_number_is_masked_everywhere_and_full_with_a_reason_alone(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1)]))
    pk = StudentProfile.objects.get().pk
    browser = as_member(keeper)
    for address in ("/students/", f"/students/{pk}/", f"/students/{pk}/identity/"):
        assert not FULL.search(browser.get(address).content.decode())
    shown = rest_client(keeper).get(f"/api/v1/students/{pk}/").json()["identity"]
    assert shown == "110***********" + identity_number(1)[-4:]
    assert browser.post(f"/students/{pk}/identity/", {"reason": ""}).status_code == 422
    answer = browser.post(f"/students/{pk}/identity/", {"reason": "Insurance"})
    assert identity_number(1) in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_foreign_things_are_like_ones_that_do_not_exist(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1)]))
    roster = upload(actor_as(keeper), csv_file([student(2)]))
    pk = StudentProfile.objects.get().pk
    stranger = make_keeper()
    browser, client = as_member(stranger), rest_client(stranger)
    for address in (f"/students/{pk}/", f"/students/{pk}/identity/", f"/roster/{roster.pk}/"):
        assert browser.get(address).status_code == 404
    assert browser.post(f"/roster/{roster.pk}/commit/").status_code == 404
    for address in (f"students/{pk}", f"roster-imports/{roster.pk}"):
        assert client.get(f"/api/v1/{address}/").status_code == 404
    assert client.get("/api/v1/students/").json()["results"] == []


def test_who_has_no_right_is_refused(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1)]))
    pk = StudentProfile.objects.get().pk
    coordinator = make_member(keeper.organization)
    browser = as_member(coordinator)
    assert browser.get("/students/").status_code == 200
    for address in ("/roster/", "/roster/new/", f"/students/{pk}/identity/"):
        assert browser.get(address).status_code == 403
    for other in (make_member(keeper.organization, Role.STUDENT), make_member(make_enterprise())):
        assert as_member(other).get("/students/").status_code == 403


def test_student_sees_the_own_entry_masked(keeper: Membership, as_member: Any) -> None:
    imported(keeper, csv_file([student(1), student(2)]))
    own, other = StudentProfile.objects.order_by("student_number")
    browser = as_member(own.membership)
    page = browser.get(f"/students/{own.pk}/").content.decode()
    assert "110***********" in page
    assert browser.get(f"/students/{other.pk}/").status_code == 404
    assert browser.get(f"/students/{own.pk}/identity/").status_code == 403
