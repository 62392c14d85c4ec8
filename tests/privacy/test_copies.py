"""The copy holds all that belongs in it, and reaches nobody else."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.jobs.models import JobRun
from apps.jobs.runs import run_here
from apps.privacy.copies import write_copy
from apps.privacy.models import LegalGuardian
from apps.privacy.register import Act, register
from apps.privacy.services import copy_ask, guardian_register
from tests.factories.chain import make_student
from tests.factories.organizations import actor_as, make_member, make_person, make_university
from tests.privacy.people import GONE, IDENTITY, birthday, full_student

pytestmark = pytest.mark.django_db


def archive_of(person: User) -> zipfile.ZipFile:
    file = io.BytesIO()
    write_copy(person, file)
    return zipfile.ZipFile(file)


def test_copy_of_a_full_student_holds_every_value_of_what_is_copied() -> None:
    """Each text in a field that belongs in the copy, of every row about the person, is found in it."""
    _world, person = full_student()
    archive = archive_of(person)
    data = {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("data/")}
    found = "\n".join(data.values())
    held = 0
    for holding in register.holdings:
        for row in holding.rows_of(person):
            for name in holding.copied_fields():
                value = holding.reveal[name](row) if name in holding.reveal else getattr(row, name, None)
                if isinstance(value, str) and "CANARY" in value:
                    assert json.dumps(value, ensure_ascii=False) in found, f"{holding.label}.{name}"
                    held += 1
    assert held > 20
    assert IDENTITY in found
    assert "+86 139 0000 7777" in found
    page = archive.read("index.html").decode()
    assert f"{GONE} name" in page
    assert "KEPTCANARY reflection" in page


def test_copy_holds_own_files_and_no_secret() -> None:
    _world, person = full_student()
    archive = archive_of(person)
    files = [name for name in archive.namelist() if name.startswith("files/")]
    assert [archive.read(name) for name in files] == [f"{GONE} certificate".encode()]
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert f"{GONE} secret".encode() not in everything
    assert person.password.encode() not in everything


def test_every_copied_model_has_a_row_in_the_full_student() -> None:
    """Otherwise the test above proves nothing about it."""
    _world, person = full_student()
    empty = {
        h.label for h in register.holdings if h.act is not Act.ERASE and h.copied_fields() and not h.rows_of(person)
    }
    filled = {h.label for h in register.holdings if h.rows_of(person)}
    of_others = {
        "agreements.AgreementFile",
        "agreements.LedgerEntry",
        "agreements.Obligation",
        "agreements.Signature",
        "admin.LogEntry",
        "audit.SecurityEvent",
        "jobs.JobRun",
        "organizations.ApiToken",
        "privacy.ErasureRequest",
        "privacy.LegalHold",
        "universities.TeacherProfile",
        "universities.RosterImport",
    }
    assert empty - filled == of_others


def test_job_writes_the_archive_for_the_person_alone(as_member: Any) -> None:
    _world, person = full_student()
    student = person.memberships.get()
    browser = as_member(student)
    response = browser.post(reverse("privacy:copy_ask", args=[person.pk]))
    job = JobRun.objects.get(kind="own_data_export")
    assert response.url == reverse("jobs:run_detail", args=[job.pk])
    assert copy_ask(actor_as(student), person_id=person.pk) == job
    run_here(job)
    assert job.state == JobRun.State.DONE, job.message
    with default_storage.open(job.result.name) as file:
        assert "index.html" in zipfile.ZipFile(file).namelist()
    download = browser.get(reverse("jobs:run_file", args=[job.pk]))
    assert download.status_code == 200
    assert b"index.html" in b"".join(download)
    for close in download._resource_closers:  # response.close() would close the connection of the test too
        close()
    other = as_member(make_student(student.organization))
    assert other.get(reverse("jobs:run_file", args=[job.pk])).status_code == 404


def test_copy_of_somebody_else_is_refused() -> None:
    _world, person = full_student()
    school = make_member(person.memberships.get().organization)
    with pytest.raises(NotFound):
        copy_ask(actor_as(school), person_id=person.pk)
    with pytest.raises(NotFound):
        copy_ask(actor_as(school), person_id=0)
    assert not JobRun.objects.exists()


def test_proven_guardian_gets_the_copy_until_the_minor_is_of_age() -> None:
    student = make_student(make_university())
    minor = student.user
    minor.birth_date = birthday(18, 1)
    minor.save()
    parent = make_member(make_university())
    asks = actor_as(parent)
    guardian_register(
        actor_as(student), person_id=minor.pk, name="P", relation="father", phone="12345", email=parent.user.email
    )
    with pytest.raises(NotFound):
        copy_ask(asks, person_id=minor.pk)
    LegalGuardian.objects.update(confirmed_at=timezone.now())
    job = copy_ask(asks, person_id=minor.pk)
    minor.birth_date = birthday(18, 0)
    minor.save()
    assert run_here(job).state == JobRun.State.FAILED
    with pytest.raises(NotFound):
        copy_ask(asks, person_id=minor.pk)


def test_job_of_who_was_disabled_delivers_nothing() -> None:
    person = make_student(make_university()).user
    job = copy_ask(actor_as(person.memberships.get()), person_id=person.pk)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert run_here(job).state == JobRun.State.FAILED
    assert not job.result


def test_copy_asks_who_it_is_when_the_sign_in_is_old(as_member: Any) -> None:
    student = make_student(make_university())
    browser = as_member(student)
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": (timezone.now() - timedelta(hours=1)).timestamp(), "email": student.user.email}
    ]
    session.save()
    response = browser.post(reverse("privacy:copy_ask", args=[student.user_id]))
    assert response.status_code == 302
    assert "reauthenticate" in response.url
    assert not JobRun.objects.exists()


def test_person_without_membership_gets_a_copy() -> None:
    person = make_person()
    assert "data/accounts.User.json" in archive_of(person).namelist()
