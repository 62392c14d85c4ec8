from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.organizations.models import Organization, OrganizationGroupObjectPermission, Region, Role, RoleGroup
from apps.organizations.services import ROLE_PERMISSIONS
from apps.universities.models import UniversityProfile
from tests.factories.organizations import make_enterprise, make_university

pytestmark = pytest.mark.django_db


def row(number: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "index": number,
        "name": f"第{number}大学",
        "code": 4111010000 + number,
        "department": "教育部",
        "location": "北京市",
        "level": "本科",
        "remark": "",
    } | values


@pytest.fixture(autouse=True)
def regions() -> None:
    province = Region.Level.PROVINCE
    Region.objects.create(code="110000", name="北京市", level=province)
    gansu = Region.objects.create(code="620000", name="甘肃省", level=province)
    Region.objects.create(code="622900", name="临夏回族自治州", level=Region.Level.PREFECTURE, parent=gansu)
    hubei = Region.objects.create(code="420000", name="湖北省", level=province)
    Region.objects.create(code="421300", name="随州市", level=Region.Level.PREFECTURE, parent=hubei)
    Region.objects.create(code="429001", name="随州市", level=Region.Level.COUNTY, parent=hubei)
    for code in ("130102", "220104"):
        Region.objects.create(code=code, name="长安区", level=Region.Level.COUNTY)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def command(*rows: Any) -> str:
        file = tmp_path / "list.json"
        file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        out = StringIO()
        call_command("import_universities", str(file), stdout=out, stderr=StringIO())
        return out.getvalue()

    return command


def test_import_makes_universities_with_role_groups_and_their_permissions(run: Any) -> None:
    said = run(row(1), row(2, code="4111010002", level="专科", remark="民办", name=" 第2大学 "))
    assert said == "Universities: 2 created, 0 changed, 0 unchanged.\n"
    second = Organization.objects.get(code="4111010002")
    assert (second.kind, second.name, second.region_id) == (Organization.Kind.UNIVERSITY, "第2大学", "110000")
    assert (second.university.level, second.university.remark) == (UniversityProfile.Level.VOCATIONAL, "民办")
    assert RoleGroup.objects.filter(organization=second).count() == len(Role.values)
    granted = OrganizationGroupObjectPermission.objects.filter(content_object=second).count()
    assert granted == sum(len(codenames) for codenames in ROLE_PERMISSIONS.values())


def test_import_twice_changes_nothing(run: Any) -> None:
    run(row(1), row(2))
    assert run(row(1), row(2)) == "Universities: 0 created, 0 changed, 2 unchanged.\n"
    assert Organization.objects.count() == 2
    assert RoleGroup.objects.count() == 2 * len(Role.values)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "新名"), ("department", "北京市"), ("location", "甘肃省"), ("level", "专科"), ("remark", "民办")],
)
def test_import_of_changed_row_updates_it(field: str, value: str, run: Any) -> None:
    run(row(1), row(2))
    assert run(row(1, **{field: value}), row(2)) == "Universities: 0 created, 1 changed, 1 unchanged.\n"
    assert run(row(1, **{field: value})) == "Universities: 0 created, 0 changed, 1 unchanged.\n"
    assert Organization.objects.count() == 2


def test_import_gives_a_university_that_is_here_already_its_entry(run: Any) -> None:
    here = make_university(code="4111010001", name_en="First University")
    assert run(row(1)) == "Universities: 0 created, 1 changed, 0 unchanged.\n"
    here.refresh_from_db()
    assert (here.university.department, here.name_en) == ("教育部", "First University")


@pytest.mark.parametrize(("location", "code"), [("临夏州", "622900"), ("随州市", "421300")])
def test_import_finds_the_region_that_is_meant(location: str, code: str, run: Any) -> None:
    run(row(1, location=location))
    assert Organization.objects.get().region_id == code


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"name": ""}, "name"),
        ({"name": "大" * 151}, "150"),
        ({"name": 5}, "“name” is not text"),
        ({"code": "411101000"}, "ten digits"),
        ({"code": "４１１１０１０００１"}, "ten digits"),
        ({"code": 4111010001.0}, "ten digits"),
        ({"code": None}, "ten digits"),
        ({"code": True}, "ten digits"),
        ({"code": 4111010001}, "row 1 already"),
        ({"department": ""}, "department"),
        ({"location": "Atlantis"}, "no region is called “Atlantis”"),
        ({"location": "州"}, "no region"),
        ({"location": "长安区"}, "several regions"),
        ({"level": "硕士"}, "本科"),
        ({"remark": "x" * 61}, "60"),
    ],
)
def test_import_with_bad_row_names_it_and_writes_nothing(bad: dict[str, Any], reason: str, run: Any) -> None:
    with pytest.raises(CommandError) as refusal:
        run(row(1), row(2, **bad), row(3))
    message = str(refusal.value)
    assert "Row 2: " in message
    assert reason in message
    assert "1 problems; nothing was written." in message
    assert not Organization.objects.exists()


def test_import_reports_every_bad_row(run: Any) -> None:
    with pytest.raises(CommandError) as refusal:
        run(row(1, level=""), row(2), "a text", row(4, code="x"))
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()[:-1]] == ["Row 1", "Row 3", "Row 4"]


def test_import_of_code_that_belongs_to_an_enterprise_is_refused(run: Any) -> None:
    make_enterprise(code="4111010002")
    with pytest.raises(CommandError, match="no university"):
        run(row(1), row(2))
    assert not UniversityProfile.objects.exists()


@pytest.mark.parametrize("content", ["{", "{}", '"text"'])
def test_import_of_file_that_is_no_list_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(content)
    with pytest.raises(CommandError):
        call_command("import_universities", str(file))


def test_import_of_missing_file_is_refused() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_universities", "nowhere.json")


def test_import_shows_plain_lines_where_there_is_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps([row(1), row(2)]))
    progress = StringIO()
    call_command("import_universities", str(file), stdout=StringIO(), stderr=progress)
    assert progress.getvalue() == "2 of 2 rows\n"


@pytest.mark.parametrize("count", [3, 30])
def test_import_costs_the_same_number_of_statements_at_any_length(
    count: int, run: Any, django_assert_num_queries: Any
) -> None:
    run(row(999))
    with django_assert_num_queries(10):
        run(*[row(number) for number in range(1, count + 1)])
