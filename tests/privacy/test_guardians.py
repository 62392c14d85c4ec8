"""Guardians are named, asked by a link, and decide for a child under 14; ages change on the birthday."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import QueuedMail, User
from apps.core.actor import Actor
from apps.core.errors import NotFound, WrongState
from apps.organizations import principal
from apps.organizations.models import Membership, Role
from apps.organizations.principal import actor_for
from apps.privacy.ages import is_under, latest_birth_date
from apps.privacy.models import Consent, GuardianLink, LegalGuardian, Purpose
from apps.privacy.services import (
    guardian_answer,
    guardian_ask_again,
    guardian_consent_withdraw,
    guardian_end,
    guardian_register,
    paper_consent_record,
    waits_for_guardian,
)
from tests.factories.chain import make_student
from tests.factories.organizations import actor_as, make_member, make_university, rest_client
from tests.privacy.people import birthday
from tests.privacy.test_consents import new_version

pytestmark = pytest.mark.django_db
PARENT = {"name": "Wang Fang", "relation": "mother", "phone": "+86 139 1234 5678", "email": "Parent@example.org"}
NOBODY = Actor.anonymous()


def student_aged(years: int, days: int = 1) -> Membership:
    """A student who turns ``years + 1`` in ``days`` days."""
    student = make_student(make_university())
    User.objects.filter(pk=student.user_id).update(birth_date=birthday(years + 1, days))
    student.user.refresh_from_db()
    return student


def school_of(student: Membership) -> Actor:
    return actor_as(make_member(student.organization, Role.COORDINATOR))


def key_in_the_mail() -> str:
    found = re.search(r"/my-data/guardian/([\w-]+)/", QueuedMail.objects.latest("pk").body)
    assert found
    return found[1]


def registered(student: Membership) -> LegalGuardian:
    return guardian_register(school_of(student), person_id=student.user_id, **PARENT)


@pytest.mark.parametrize(
    ("born", "day", "under"),
    [
        (date(2012, 11, 21), date(2026, 11, 20), True),
        (date(2012, 11, 21), date(2026, 11, 21), False),
        (date(2012, 11, 21), date(2026, 11, 22), False),
        (date(2012, 2, 29), date(2026, 2, 28), True),
        (date(2012, 2, 29), date(2026, 3, 1), False),
        (date(2014, 2, 28), date(2028, 2, 29), False),
        (date(2014, 3, 1), date(2028, 2, 29), True),
    ],
)
def test_age_changes_on_the_birthday(born: date, day: date, under: bool) -> None:
    assert is_under(14, born, day) is under
    assert (born > latest_birth_date(14, day)) is under


def test_unknown_birth_date_is_no_child() -> None:
    assert not is_under(14, None)


@pytest.mark.parametrize(
    ("years", "days", "opens"),
    [(13, 1, False), (13, 200, False), (13, 0, True), (13, -1, True), (14, 1, True), (17, 1, True), (18, 1, True)],
)
def test_child_under_14_acts_in_no_membership_without_consent(years: int, days: int, opens: bool) -> None:
    student = student_aged(years, days)
    assert actor_for(student.user_id).is_member is opens
    assert rest_client(student).get("/api/v1/home/").status_code == (200 if opens else 401)
    assert waits_for_guardian(student.user_id) is not opens


def test_control_without_the_gate_the_child_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    student = student_aged(13)
    monkeypatch.setattr(principal, "latest_birth_date", lambda age: date.max)
    assert actor_for(student.user_id).is_member


def test_gate_costs_no_statement() -> None:
    student = student_aged(13)
    with CaptureQueriesContext(connection) as captured:
        actor_for(student.user_id)
    assert len(captured) == 1


def test_link_opens_the_account_and_withdrawal_closes_it() -> None:
    student = student_aged(13)
    guardian = registered(student)
    mail = QueuedMail.objects.get()
    assert mail.to == guardian.email == "parent@example.org"
    key = key_in_the_mail()
    assert key not in str(list(GuardianLink.objects.values()))
    guardian_answer(NOBODY, key=key, agrees=True)
    consent = Consent.objects.get()
    assert (consent.guardian, consent.text.purpose) == (guardian, Purpose.UNDER_14)
    assert actor_for(student.user_id).is_member
    assert guardian_consent_withdraw(school_of(student), person_id=student.user_id) == 1
    assert not actor_for(student.user_id).is_member
    assert guardian_consent_withdraw(school_of(student), person_id=student.user_id) == 0


def test_link_works_once() -> None:
    registered(student_aged(13))
    key = key_in_the_mail()
    guardian_answer(NOBODY, key=key, agrees=False)
    with pytest.raises(NotFound):
        guardian_answer(NOBODY, key=key, agrees=True)
    assert not Consent.objects.exists()
    assert LegalGuardian.objects.get().confirmed_at is None


def test_link_that_expired_or_was_replaced_opens_nothing() -> None:
    guardian = registered(student_aged(13))
    first = key_in_the_mail()
    guardian_ask_again(Actor(user_id=guardian.person_id), guardian_id=guardian.pk)
    second = key_in_the_mail()
    GuardianLink.objects.update(expires_at=timezone.now())
    for key in (first, second, "unknown"):
        with pytest.raises(NotFound):
            guardian_answer(NOBODY, key=key, agrees=True)


def test_new_text_ends_the_link_and_the_consent() -> None:
    student = student_aged(13)
    guardian = registered(student)
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    guardian_ask_again(Actor(user_id=student.user_id), guardian_id=guardian.pk)
    old = key_in_the_mail()
    new_version(Purpose.UNDER_14)
    assert not actor_for(student.user_id).is_member
    with pytest.raises(NotFound):
        guardian_answer(NOBODY, key=old, agrees=True)
    guardian_ask_again(Actor(user_id=student.user_id), guardian_id=guardian.pk)
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    assert actor_for(student.user_id).is_member


def test_consent_of_a_child_itself_does_not_count() -> None:
    student = student_aged(13)
    registered(student)
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    Consent.objects.update(guardian=None)
    assert not actor_for(student.user_id).is_member


def test_guardian_who_ends_takes_the_consent_along() -> None:
    student = student_aged(13)
    guardian = registered(student)
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    guardian_end(school_of(student), guardian_id=guardian.pk)
    assert not actor_for(student.user_id).is_member
    assert Consent.objects.get().withdrawn_at is not None


def test_paper_counts_when_the_school_says_so() -> None:
    student = student_aged(13)
    guardian = registered(student)
    stranger = actor_as(make_member(make_university()))
    values = {"person_id": student.user_id, "guardian_id": guardian.pk, "given_at": timezone.now()}
    for actor in (stranger, Actor(user_id=student.user_id)):
        with pytest.raises(NotFound):
            paper_consent_record(actor, **values)
    consent = paper_consent_record(school_of(student), **values)
    assert consent.channel == Consent.Channel.PAPER
    assert actor_for(student.user_id).is_member


def test_phone_is_sealed_to_its_row() -> None:
    guardian = registered(student_aged(17))
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM privacy_legalguardian t")
        assert "1234" not in cursor.fetchone()[0]
    assert LegalGuardian.objects.get(pk=guardian.pk).phone_number == PARENT["phone"]


def test_guardian_of_17_confirms_and_consents_to_nothing() -> None:
    student = student_aged(17)
    registered(student)
    guardian_answer(NOBODY, key=key_in_the_mail(), agrees=True)
    assert LegalGuardian.objects.get().confirmed_at is not None
    assert not Consent.objects.exists()


def test_nobody_of_18_gets_a_guardian_and_nobody_foreign_names_one() -> None:
    grown = student_aged(17, 0)
    with pytest.raises(WrongState, match="under 18"):
        guardian_register(Actor(user_id=grown.user_id), person_id=grown.user_id, **PARENT)
    minor = student_aged(17, 1)
    with pytest.raises(NotFound):
        guardian_register(actor_as(make_member(make_university())), person_id=minor.user_id, **PARENT)
    assert guardian_register(Actor(user_id=minor.user_id), person_id=minor.user_id, **PARENT).person == minor.user
    assert registered(minor).pk == LegalGuardian.objects.get().pk


def test_own_address_is_no_guardian() -> None:
    minor = student_aged(15)
    with pytest.raises(Exception, match="guardian's own"):
        guardian_register(Actor(user_id=minor.user_id), person_id=minor.user_id, **PARENT | {"email": minor.user.email})


def test_page_of_the_link_answers_who_has_no_account() -> None:
    student = student_aged(13)
    registered(student)
    browser, url = Client(), reverse("privacy:guardian_answer", args=[key_in_the_mail()])
    page = browser.get(url)
    assert page.status_code == 200
    assert student.user.name in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert browser.post(url, {}).status_code == 422
    assert browser.post(url, {"answer": "yes"}).status_code == 200
    assert actor_for(student.user_id).is_member
    unknown = browser.get(reverse("privacy:guardian_answer", args=["unknown"]))
    assert browser.get(url).status_code == unknown.status_code == 404


def test_page_says_why_nothing_opens(client: Any) -> None:
    student = student_aged(13)
    client.force_login(student.user)
    home = client.get(reverse("portal:home")).content.decode()
    assert "guardian" in home
    assert reverse("privacy:guardian_list", args=[student.user_id]) in home
    assert client.get(reverse("privacy:overview")).status_code == 200


def test_pages_of_the_school(as_member: Any) -> None:
    student = student_aged(13)
    browser = as_member(make_member(student.organization, Role.COORDINATOR))
    url = reverse("privacy:guardian_list", args=[student.user_id])
    assert browser.get(url).status_code == 200
    new = reverse("privacy:guardian_register", args=[student.user_id])
    assert browser.post(new, PARENT | {"phone": "abc"}).status_code == 422
    assert browser.post(new, PARENT).url == url
    guardian = LegalGuardian.objects.get()
    assert "139 1234" in browser.get(url).content.decode()
    paper = reverse("privacy:paper_consent", args=[guardian.pk])
    assert browser.post(paper, {"given_on": "2099-01-01", "held": "on"}).status_code == 422
    assert browser.post(paper, {"given_on": timezone.localdate(), "held": "on"}).status_code == 302
    assert actor_for(student.user_id).is_member
    foreign = as_member(make_member(make_university()))
    for address in (url, new, paper):
        assert foreign.get(address).status_code == 404
    assert foreign.post(reverse("privacy:guardian_end", args=[guardian.pk])).status_code == 404
