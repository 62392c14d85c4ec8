"""A roster file becomes people, all of it or nothing, and the same file again changes nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.jobs.runs import run_here
from apps.organizations.models import Membership, Role
from apps.organizations.services import membership_end
from apps.universities.models import Programme, RosterImport, SchoolClass, StudentProfile, TeacherProfile
from apps.universities.services.imports import (
    roster_import_check,
    roster_import_commit,
    roster_import_revise,
)
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member
from tests.factories.roster import HEAD, checked, csv_file, identity_number, imported, make_keeper, student, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def keeper(db: None) -> Membership:
    return make_keeper()


def counts(job: Any) -> tuple[int, int, int]:
    assert job.state == "done", job.message
    return job.summary["created"], job.summary["changed"], job.summary["unchanged"]


def problems(job: Any) -> list[tuple[int, str]]:
    assert job.state == "done", job.message
    return [(row, column) for row, column, _text in job.summary["problems"]]


def test_students_are_created_with_everything(keeper: Membership) -> None:
    job = imported(keeper, csv_file([student(n) for n in range(1, 4)]))
    assert counts(job) == (3, 0, 0)
    profile = StudentProfile.objects.select_related("membership__user", "programme", "school_class").get(
        student_number="2024000002"
    )
    person = profile.membership.user
    assert (person.name, person.email, str(person.birth_date)) == ("学生2", "s2@campus.example", "2005-03-04")
    assert (person.has_usable_password(), profile.membership.role) == (False, Role.STUDENT)
    assert person.groups.get().role_group.organization_id == keeper.organization_id
    assert (profile.programme.name, profile.school_class.name, profile.entry_year) == (
        "机电一体化技术",
        "机电2401",
        2024,
    )
    assert profile.identity == identity_number(2)
    assert profile.identity_masked == "110***********" + identity_number(2)[-4:]


def test_same_file_again_changes_nothing(keeper: Membership) -> None:
    data = csv_file([student(n) for n in range(1, 4)])
    imported(keeper, data)
    before = list(StudentProfile.objects.values_list()), list(User.objects.values_list("pk", "name", "password"))
    assert counts(imported(keeper, data)) == (0, 0, 3)
    assert before == (
        list(StudentProfile.objects.values_list()),
        list(User.objects.values_list("pk", "name", "password")),
    )
    assert Membership.objects.filter(role=Role.STUDENT).count() == 3


def test_changed_rows_change_alone(keeper: Membership) -> None:
    imported(keeper, csv_file([student(n) for n in range(1, 4)]))
    rows = [student(1), student(2, 姓名="新名", 专业="焊接", 班级="焊接2401"), student(3), student(4)]
    assert counts(imported(keeper, csv_file(rows))) == (1, 1, 2)
    profile = StudentProfile.objects.get(student_number="2024000002")
    assert (profile.membership.user.name, profile.programme.name, profile.school_class.name) == (
        "新名",
        "焊接",
        "焊接2401",
    )


def test_empty_cells_erase_nothing(keeper: Membership) -> None:
    imported(keeper, csv_file([student(1)]))
    assert counts(imported(keeper, csv_file([student(1, 班级="", 身份证号="")]))) == (0, 0, 1)
    profile = StudentProfile.objects.get()
    assert (profile.school_class.name, profile.identity) == ("机电2402", identity_number(1))


def test_one_bad_row_keeps_all_out(keeper: Membership) -> None:
    roster, job = checked(keeper, csv_file([student(1), student(2, 电子邮箱="nobody"), student(3)]))
    assert problems(job) == [(3, "电子邮箱")]
    assert (job.summary["rows"], job.summary["errors"], job.summary["bad_rows"]) == (3, 1, 1)
    with pytest.raises(WrongState):
        roster_import_commit(actor_as(keeper), import_id=roster.pk)
    assert not StudentProfile.objects.exists()


def test_error_file_names_row_and_column_and_no_value(keeper: Membership) -> None:
    _roster, job = checked(keeper, csv_file([student(1), student(2, 身份证号="110101200503049999")]))
    sheet = openpyxl.load_workbook(io.BytesIO(job.result.open().read())).active
    job.result.close()
    [_head, row] = sheet.iter_rows(values_only=True)
    assert row == (3, "身份证号", "The check digit of the identity number is wrong.")


def test_result_file_says_what_was_done_and_formulas_are_text(keeper: Membership) -> None:
    job = imported(keeper, csv_file([student(1, 姓名="=1+1")]))
    sheet = openpyxl.load_workbook(io.BytesIO(job.result.open().read())).active
    job.result.close()
    [_head, row] = list(sheet.iter_rows())
    assert [cell.value for cell in row] == [2, "2024000001", "'=1+1", "new"]
    assert row[2].data_type == "s"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([student(1), student(2, 学号="2024000001")], [(3, "学号")]),
        ([student(1), student(2, 电子邮箱="S1@campus.example")], [(3, "电子邮箱")]),
        ([student(1), student(2, 身份证号=identity_number(1))], [(3, "身份证号")]),
        ([student(1, 学号="")], [(2, "学号")]),
        ([student(1, 学号="1.10101E+17")], [(2, "学号")]),
        ([student(1, 姓名="")], [(2, "姓名")]),
        ([student(1, 姓名="张\x01三")], [(2, "姓名")]),
        ([student(1, 入学年份="四年")], [(2, "入学年份")]),
        ([student(1, 班级="甲"), student(2, 班级="甲", 专业="焊接")], [(3, "班级")]),
    ],
)
def test_bad_row_is_named_by_row_and_column(keeper: Membership, rows: list[Any], expected: list[Any]) -> None:
    _roster, job = checked(keeper, csv_file(rows))
    assert problems(job) == expected


def test_missing_programme_and_class_are_errors_unless_they_are_to_be_created(keeper: Membership) -> None:
    _roster, job = checked(keeper, csv_file([student(1)]), create_missing=False)
    assert problems(job) == [(2, "专业"), (2, "班级")]
    assert not Programme.objects.exists()


def test_person_of_another_organization_joins_and_keeps_name_and_birthday(keeper: Membership) -> None:
    elsewhere = make_member(make_enterprise(), Role.TUTOR)
    User.objects.filter(pk=elsewhere.user_id).update(email="Both@x.example", name="本名")
    assert counts(imported(keeper, csv_file([student(1, 电子邮箱="both@X.example")]))) == (1, 0, 0)
    person = User.objects.get(pk=elsewhere.user_id)
    assert (person.name, person.birth_date, person.memberships.count()) == ("本名", None, 2)
    assert counts(imported(keeper, csv_file([student(1, 电子邮箱="both@x.example")]))) == (0, 0, 1)


def test_person_is_found_by_identity_number_when_the_address_is_new(keeper: Membership) -> None:
    imported(keeper, csv_file([student(1)]))
    job = imported(keeper, csv_file([student(1, 电子邮箱="new@campus.example", 学号="2025000009")]))
    assert counts(job) == (0, 1, 0)
    profile = StudentProfile.objects.get()
    assert (profile.student_number, profile.membership.user.email) == ("2025000009", "s1@campus.example")


def test_identity_number_of_another_university_finds_nobody(keeper: Membership) -> None:
    imported(make_keeper(), csv_file([student(1)]))
    assert counts(imported(keeper, csv_file([student(1, 电子邮箱="x@campus.example")]))) == (1, 0, 0)
    assert User.objects.filter(name="学生1").count() == 2


def test_rows_that_point_to_two_people_are_errors(keeper: Membership) -> None:
    imported(keeper, csv_file([student(1), student(2)]))
    rows = [
        student(1, 身份证号=identity_number(2)),
        student(3, 学号="2024000002"),
    ]
    _roster, job = checked(keeper, csv_file(rows))
    assert problems(job) == [(2, "身份证号"), (3, "学号")]


def test_who_has_left_is_not_taken_back(keeper: Membership) -> None:
    imported(keeper, csv_file([student(1)]))
    membership_end(SYSTEM, membership_id=Membership.objects.get(role=Role.STUDENT).pk)
    _roster, job = checked(keeper, csv_file([student(1)]))
    assert problems(job) == [(2, "学号")]


def test_mail_domain_makes_addresses(keeper: Membership) -> None:
    data = csv_file([student(1)[:2] + student(1)[3:]], head=HEAD[:2] + HEAD[3:])
    roster = upload(actor_as(keeper), data)
    with pytest.raises(ValidationError, match="Choose the column"):
        roster_import_check(actor_as(keeper), import_id=roster.pk)
    roster_import_revise(
        actor_as(keeper),
        import_id=roster.pk,
        mapping=roster.mapping,
        mail_domain="@Campus.example",
        create_missing=True,
    )
    actor = actor_as(keeper)
    assert run_here(roster_import_check(actor, import_id=roster.pk)).state == "done"
    run_here(roster_import_commit(actor, import_id=roster.pk))
    assert User.objects.filter(email="2024000001@campus.example").exists()


def test_mapping_is_remembered_for_the_next_file(keeper: Membership) -> None:
    head = ["编号", *HEAD[1:]]
    actor = actor_as(keeper)
    roster = upload(actor, csv_file([student(1)], head=head))
    assert "number" not in roster.mapping
    roster_import_revise(actor, import_id=roster.pk, mapping=roster.mapping | {"number": "编号"})
    assert upload(actor, csv_file([student(1)], head=head)).mapping["number"] == "编号"
    assert "number" not in upload(actor_as(make_keeper()), csv_file([student(1)], head=head)).mapping


def test_revising_asks_for_a_new_check(keeper: Membership) -> None:
    roster, _job = checked(keeper, csv_file([student(1)]))
    actor = actor_as(keeper)
    same = {"import_id": roster.pk, "mapping": roster.mapping, "encoding": "utf-8", "delimiter": ","}
    assert roster_import_revise(actor, **same, create_missing=True).is_sound
    assert not roster_import_revise(actor, **same, create_missing=False).is_sound


def test_teachers_programmes_and_classes_are_imported(keeper: Membership) -> None:
    head = ("工号", "姓名", "电子邮箱", "院系", "职称")
    teachers = csv_file([("T01", "王芳", "w@campus.example", "机电学院", "副教授")], head=head)
    assert counts(imported(keeper, teachers, kind="teachers")) == (1, 0, 0)
    teacher = TeacherProfile.objects.get()
    assert (teacher.membership.role, teacher.membership.unit.name, teacher.membership.title) == (
        "tutor",
        "机电学院",
        "副教授",
    )
    assert counts(imported(keeper, teachers, kind="teachers")) == (0, 0, 1)
    changed = csv_file([("T01", "王芳", "w@campus.example", "机电学院", "教授")], head=head)
    assert counts(imported(keeper, changed, kind="teachers")) == (0, 1, 0)
    programmes = csv_file([("460301", "机电一体化技术"), ("460110", "焊接")], head=("专业代码", "专业名称"))
    assert counts(imported(keeper, programmes, kind="programmes")) == (2, 0, 0)
    assert counts(imported(keeper, programmes, kind="programmes")) == (0, 0, 2)
    classes = csv_file([("机电2401", "460301", 2024), ("焊接2401", "焊接", "2024级")], head=("班级", "专业", "年级"))
    assert counts(imported(keeper, classes, kind="classes", create_missing=False)) == (2, 0, 0)
    assert SchoolClass.objects.get(name="机电2401").programme.code == "460301"
    assert counts(imported(keeper, csv_file([student(2)]), create_missing=False)) == (1, 0, 0)


def test_statements_do_not_grow_with_the_rows(keeper: Membership) -> None:
    numbers = []
    for first, count in ((1, 3), (100, 60)):
        roster, _job = checked(keeper, csv_file([student(n) for n in range(first, first + count)]))
        job = roster_import_commit(actor_as(keeper), import_id=roster.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert run_here(job).state == "done"
        numbers.append(len(queries))
    assert numbers[1] <= numbers[0]


def test_who_may_not_keep_the_roster_is_refused(keeper: Membership) -> None:
    data = csv_file([student(1)])
    roster = upload(actor_as(keeper), data)
    for other in (make_member(keeper.organization), make_member(keeper.organization, Role.STUDENT)):
        with pytest.raises(NotAllowed):
            upload(actor_as(other), data)
        with pytest.raises((NotAllowed, NotFound)):
            roster_import_check(actor_as(other), import_id=roster.pk)
    with pytest.raises(NotFound):
        roster_import_check(actor_as(make_keeper()), import_id=roster.pk)
    with pytest.raises(NotAllowed):
        upload(actor_as(make_member(make_enterprise(), Role.ADMINISTRATOR)), data)


def test_right_lost_between_request_and_job_delivers_nothing(keeper: Membership) -> None:
    roster, _job = checked(keeper, csv_file([student(1)]))
    job = roster_import_commit(actor_as(keeper), import_id=roster.pk)
    make_member(keeper.organization, Role.ADMINISTRATOR)
    membership_end(SYSTEM, membership_id=keeper.pk)
    assert run_here(job).state == "failed"
    assert not StudentProfile.objects.exists()


def test_unreadable_file_is_refused_with_a_reason(keeper: Membership) -> None:
    with pytest.raises(ValidationError) as refusal:
        upload(actor_as(keeper), b"")
    assert "file" in refusal.value.message_dict
    assert not RosterImport.objects.exists()


def test_file_is_gone_after_it_was_taken_over(keeper: Membership, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        imported(keeper, csv_file([student(1)]))
    roster = RosterImport.objects.get()
    assert roster.file.name == ""
    assert list((Path(roster.file.storage.location) / "roster").iterdir()) == []
    with pytest.raises(WrongState):
        roster_import_check(actor_as(keeper), import_id=roster.pk)


def test_rare_names_survive_gb18030(keeper: Membership) -> None:
    imported(keeper, csv_file([student(1, 姓名="𠮷田䶮")], encoding="gb18030"))
    assert User.objects.filter(name="𠮷田䶮").exists()
