"""Who looked at what is masked: recorded with a reason, read by the person and the administrators; and minors in figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Role
from apps.portal.guardians import students_without_guardian
from apps.privacy.minors import report
from apps.privacy.models import Disclosure, LegalGuardian, LegalHold
from apps.privacy.services import disclosure_record, guardian_answer, guardian_register
from tests.factories.chain import make_application, make_placement, make_student, make_world
from tests.factories.organizations import actor_as, make_member, make_person, make_university
from tests.privacy.people import birthday
from tests.privacy.test_guardians import NOBODY, PARENT, key_in_the_mail, student_aged
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db


def look(viewer: Any, subject: Any, reason: str = "Insurance") -> Disclosure:
    return disclosure_record(actor_as(viewer), subject_id=subject.user_id, what="identity number", reason=reason)


def test_look_is_recorded_with_who_and_why() -> None:
    student = make_student(make_university())
    school = make_member(student.organization)
    record = look(school, student)
    assert (record.viewer, record.organization_id, record.reason) == (school.user, school.organization_id, "Insurance")
    assert look(school, student).pk != record.pk


def test_look_without_reason_person_or_subject_is_refused() -> None:
    student = make_student(make_university())
    school = make_member(student.organization)
    with pytest.raises(ValidationError):
        look(school, student, reason=" ")
    with pytest.raises(NotFound):
        disclosure_record(actor_as(school), subject_id=0, what="x", reason="y")
    with pytest.raises(NotAllowed):
        disclosure_record(Actor.system("x"), subject_id=student.user_id, what="x", reason="y")
    assert not Disclosure.objects.exists()


def test_person_and_administrators_see_it_and_nobody_else() -> None:
    student = make_student(make_university())
    school = make_member(student.organization)
    record = look(school, student)
    administrator = make_member(student.organization, Role.ADMINISTRATOR)
    for member in (student, administrator):
        assert list(Disclosure.objects.visible_to(actor_as(member))) == [record]
    others = (school, make_student(student.organization), make_member(make_university(), Role.ADMINISTRATOR))
    for member in others:
        assert not Disclosure.objects.visible_to(actor_as(member)).exists()


def test_page_costs_the_same_for_many(as_member: Any, django_assert_num_queries: Any) -> None:
    student = make_student(make_university())
    browser, url = as_member(student), reverse("privacy:disclosure_list")
    for rows in (1, 3):
        while Disclosure.objects.count() < rows:
            look(make_member(student.organization), student, reason="For the insurance")
        with django_assert_num_queries(SHELL + 1):
            assert browser.get(url).content.count(b"For the insurance") == rows


def test_overview_names_what_there_is(as_member: Any) -> None:
    student = make_student(make_university())
    page = as_member(student).get(reverse("privacy:overview")).content.decode()
    assert "Student number and programme" in page
    assert "Placements as a tutor" not in page


def test_guardian_finds_the_minor_on_the_own_page(as_member: Any) -> None:
    student = student_aged(16)
    parent = make_member(make_university())
    guardian_register(
        Actor(user_id=student.user_id), person_id=student.user_id, **PARENT | {"email": parent.user.email}
    )
    browser, url = as_member(parent), reverse("privacy:overview")
    address = reverse("privacy:copy_ask", args=[student.user_id])
    assert address not in browser.get(url).content.decode()
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    assert address in browser.get(url).content.decode()
    User.objects.filter(pk=student.user_id).update(birth_date=birthday(18))
    assert address not in browser.get(url).content.decode()


def test_coordinator_is_told_whose_guardian_is_missing(as_member: Any) -> None:
    world = make_world()
    today = timezone.localdate()
    minor, child = make_placement(world).student, make_student(world.university)
    grown = make_application(world).student
    idle = make_student(world.university)
    for student, age in ((minor, 17), (child, 13), (grown, 18), (idle, 17)):
        User.objects.filter(pk=student.user_id).update(birth_date=birthday(age, -1))
    school = actor_as(world.school)
    assert list(students_without_guardian(school, today)) == [child, minor]
    page = as_member(world.school).get(reverse("portal:home")).content.decode()
    assert reverse("privacy:guardian_list", args=[minor.user_id]) in page
    for student in (minor, child):
        guardian_register(school, person_id=student.user_id, **PARENT)
    assert list(students_without_guardian(school, today)) == [child]
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    assert list(students_without_guardian(school, today)) == []


def test_figures_of_minors(capsys: pytest.CaptureFixture[str]) -> None:
    year = timezone.localdate().year
    child, minor = student_aged(13), student_aged(17)
    school = make_member(child.organization)
    for student in (child, minor, student_aged(18, 0)):
        look(school, student)
    guardian_register(Actor(user_id=minor.user_id), person_id=minor.user_id, **PARENT)
    figures = report(year)
    assert (figures["minors"], figures["minors_without_guardian"]) == (2, 1)
    assert (figures["children_under_14"], figures["children_without_consent"]) == (1, 1)
    assert (figures["disclosures_of_minors"], figures["viewers_of_minors"]) == (2, 1)
    call_command("report_minors", year=year)
    assert "disclosures_of_minors: 2\n" in capsys.readouterr().out
    assert report(year - 1)["disclosures_of_minors"] == 0
    assert LegalGuardian.objects.count() == 1


def test_hold_is_placed_and_lifted_by_command() -> None:
    person = make_person()
    call_command("legal_hold", person.email.upper(), reason="Court order 7")
    assert LegalHold.objects.standing().get().person == person
    call_command("legal_hold", person.email, lift=True)
    assert not LegalHold.objects.standing().exists()
    for arguments in ((person.email,), ("nobody@example.org",)):
        with pytest.raises(CommandError):
            call_command("legal_hold", *arguments, lift=True)


def test_retention_by_command_says_what_went(capsys: pytest.CaptureFixture[str]) -> None:
    student = student_aged(17)
    look(make_member(student.organization), student)
    Disclosure.objects.update(seen_at=timezone.now() - timedelta(days=4 * 365))
    call_command("apply_retention")
    assert capsys.readouterr().out == "privacy.Disclosure: 1\n"
