from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import QueuedMail
from apps.core.errors import NotAllowed
from apps.organizations.models import Invitation, Membership, Role
from apps.organizations.services import unit_add
from apps.organizations.services.invitation_files import (
    guests_dump,
    guests_load,
    guests_read,
    invitations_check,
    invitations_send,
)
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university
from tests.factories.registrations import guest_list, make_invitation

pytestmark = pytest.mark.django_db
URL = reverse("organizations:invitation_import")
PEOPLE = """邮箱,姓名,角色,职务,部门
ada@example.org,Ada,教师,讲师,机电学院/数控教研室
bob@example.org,Bob,coordinator,,机电学院
bob@example.org,Bob,协调员,,
nobody,X,tutor,,
eve@example.org,Eve,king,,
kim@example.org,Kim,student,,Atlantis
"""


@pytest.fixture
def administrator() -> Membership:
    administrator = make_member(make_university(), Role.ADMINISTRATOR)
    school = unit_add(actor_as(administrator), name="机电学院")
    unit_add(actor_as(administrator), name="数控教研室", parent_id=school.pk)
    return administrator


def standings(administrator: Membership, text: str) -> list[str]:
    guests = guests_read(guest_list(text))
    return [finding.standing for finding in invitations_check(actor_as(administrator), guests=guests)]


def words(role: str) -> str:
    """What a Chinese office calls the role."""
    with translation.override("zh-hans"):
        return str(Role(role).label)


def people() -> str:
    return PEOPLE.replace("教师", words("tutor")).replace("协调员", words("coordinator"))


def test_check_says_what_becomes_of_each_row_and_sends_nothing(administrator: Membership) -> None:
    findings = invitations_check(actor_as(administrator), guests=guests_read(guest_list(people())))
    assert [(finding.guest.number, finding.standing) for finding in findings] == [
        (2, "ready"),
        (3, "ready"),
        (4, "wrong"),
        (5, "wrong"),
        (6, "wrong"),
        (7, "wrong"),
    ]
    assert [finding.problems[0] for finding in findings[2:]] == [
        "The same person stands in row 3.",
        "“nobody” is no e-mail address.",
        "“king” is no role. Known: administrator, coordinator, tutor, student, observer.",
        "No unit is called “Atlantis”.",
    ]
    assert not Invitation.objects.exists()


def test_send_invites_the_right_rows_and_a_repeat_nobody(administrator: Membership) -> None:
    actor, guests = actor_as(administrator), guests_read(guest_list(people()))
    assert [finding.standing for finding in invitations_send(actor, guests=guests)] == ["sent", "sent", *4 * ["wrong"]]
    ada = Invitation.objects.get(email="ada@example.org")
    assert (ada.name, ada.role, ada.title, str(ada.unit)) == ("Ada", "tutor", "讲师", "数控教研室")
    again = invitations_send(actor, guests=guests)
    assert [finding.standing for finding in again] == ["invited", "invited", *4 * ["wrong"]]
    assert Invitation.objects.count() == QueuedMail.objects.count() == 2


def test_check_knows_who_is_invited_or_a_member_here_and_nobody_elsewhere(administrator: Membership) -> None:
    member = make_member(administrator.organization, Role.TUTOR).user.email
    foreign = make_member(make_enterprise(), Role.TUTOR).user.email
    make_invitation(administrator, "ada@example.org")
    make_invitation(make_member(make_enterprise(), Role.ADMINISTRATOR), "bob@example.org")
    rows = "".join(f"{email},tutor\n" for email in (member, "ADA@example.org", foreign, "bob@example.org"))
    assert standings(administrator, f"email,role\n{rows}") == ["member", "invited", "ready", "ready"]


def test_check_wants_a_unit_that_is_meant_once(administrator: Membership) -> None:
    actor = actor_as(administrator)
    other = unit_add(actor, name="艺术学院", name_en="Arts")
    unit_add(actor, name="数控教研室", parent_id=other.pk)
    rows = ["数控教研室", "机电学院／数控教研室", "arts / 数控教研室", "Arts"]
    text = "email,role,unit\n" + "".join(f"a{n}@example.org,tutor,{unit}\n" for n, unit in enumerate(rows))
    assert standings(administrator, text) == ["wrong", "ready", "ready", "ready"]


def test_check_costs_the_same_at_any_length(administrator: Membership, django_assert_num_queries: Any) -> None:
    actor = actor_as(administrator)
    for count in (1, 300):
        guests = guests_read(guest_list("email,role\n" + "".join(f"a{n}@example.org,tutor\n" for n in range(count))))
        with django_assert_num_queries(3):
            assert len(invitations_check(actor, guests=guests)) == count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,role\nAda,tutor\n", "must name the columns"),
        ("email,role\n" + "a@example.org,tutor\n" * 501, "at most 500 rows"),
        ("", "no rows"),
    ],
)
def test_file_that_cannot_be_used_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        guests_read(guest_list(text))
    assert words in refusal.value.message_dict["file"][0]


def test_workbook_is_read_like_a_csv(administrator: Membership, as_member: Any) -> None:
    book = openpyxl.Workbook()
    for row in (["E-Mail", "Role", "Name"], ["ada@example.org", "Tutor", "Ada"]):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    data.name = "people.xlsx"
    response = as_member(administrator).post(URL, {"file": data})
    assert response.status_code == 200
    assert "will be invited" in response.content.decode()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"x": 1}]', '[{"number": 1, "email": 5}]', "null"])
def test_list_that_was_changed_on_the_way_is_refused(text: str, administrator: Membership, as_member: Any) -> None:
    assert as_member(administrator).post(URL, {"rows": text}).status_code == (400 if text != "{}" else 200)
    assert not Invitation.objects.exists()


def test_list_survives_the_page() -> None:
    guests = guests_read(guest_list(people()))
    assert guests_load(guests_dump(guests)) == guests


def test_page_asks_before_it_sends(administrator: Membership, as_member: Any) -> None:
    browser = as_member(administrator)
    assert browser.get(URL).status_code == 200
    report = browser.post(URL, {"file": guest_list(people())})
    assert "Send 2 invitations" in report.content.decode()
    assert not QueuedMail.objects.exists()
    sent = browser.post(URL, {"rows": report.context["rows"]}).content.decode()
    assert "2 invitations are on their way" in sent
    assert QueuedMail.objects.count() == 2
    again = browser.post(URL, {"rows": report.context["rows"]}).content.decode()
    assert "Nothing was sent" in again
    assert QueuedMail.objects.count() == 2


def test_page_refuses_bad_files_and_other_roles(administrator: Membership, as_member: Any) -> None:
    response = as_member(administrator).post(URL, {"file": guest_list("a,b\n1,2\n")})
    assert response.status_code == 422
    assert "must name the columns" in response.content.decode()
    assert as_member(make_member(administrator.organization)).post(URL, {"rows": "[]"}).status_code == 403


def test_send_without_right_is_refused(administrator: Membership) -> None:
    with pytest.raises(NotAllowed):
        invitations_send(actor_as(make_member(administrator.organization)), guests=guests_read(guest_list()))
