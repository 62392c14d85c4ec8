"""The forms that a guesser would use: each counts, whoever is asked for what."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import reverse

from apps.accounts.models import QueuedMail, User
from tests.factories.organizations import PASSWORD, TOTP_SECRET, give_authenticator, make_person
from tests.support.totp import code_now

pytestmark = pytest.mark.django_db
LOGIN, CODE, AGAIN = reverse("account_login"), reverse("mfa_authenticate"), reverse("mfa_reauthenticate")
CHANGE, RESET = reverse("account_change_password"), reverse("account_reset_password")
LATER = "Too many attempts. Try again in 60 minutes."


def log_in(person: User, password: str = PASSWORD, browser: Client | None = None) -> tuple[Client, Any]:
    browser = browser or Client()
    return browser, browser.post(LOGIN, {"login": person.email, "password": password})


def refused(answer: Any) -> bool:
    return "Too many attempts" in answer.content.decode()


@pytest.fixture
def careful() -> User:
    """A person with an authenticator app."""
    person = make_person()
    give_authenticator(person)
    return person


def test_codes_of_one_person_are_tried_ten_times_whatever_session_asks(careful: User, monkeypatch: Any) -> None:
    asked: list[str] = []
    wrap = Authenticator.wrap
    monkeypatch.setattr(Authenticator, "wrap", lambda self: asked.append("") or wrap(self))
    answers = []
    for turn in range(15):
        browser, answer = log_in(careful)
        assert answer.url.startswith(CODE)
        answers.append(browser.post(CODE, {"code": f"{turn:06d}"}))
    assert [refused(answer) for answer in answers] == [False] * 10 + [True] * 5
    assert LATER in answers[-1].content.decode()
    assert len(asked) == 10
    browser, _answer = log_in(careful)
    assert refused(browser.post(CODE, {"code": code_now(TOTP_SECRET)}))
    mail = QueuedMail.objects.get(subject="Attempts to sign in to your account")
    assert "knows your password" in mail.body


def test_owner_on_a_known_device_gives_the_code_while_strangers_are_refused(careful: User) -> None:
    known, _answer = log_in(careful)
    assert known.post(CODE, {"code": code_now(TOTP_SECRET)}).status_code == 302
    known.post(reverse("account_logout"))
    for turn in range(12):
        browser, _answer = log_in(careful)
        answer = browser.post(CODE, {"code": f"{turn:06d}"})
    assert refused(answer)
    known, answer = log_in(careful, browser=known)
    assert answer.url.startswith(CODE)
    assert not refused(known.post(CODE, {"code": "000000"}))


def test_recovery_codes_count_with_the_codes_of_the_app(careful: User) -> None:
    codes = RecoveryCodes.activate(careful)
    for turn in range(10):
        browser, _answer = log_in(careful)
        browser.post(CODE, {"code": f"wrong{turn:04d}"})
    browser, _answer = log_in(careful)
    assert refused(browser.post(CODE, {"code": codes.get_unused_codes()[0]}))


def test_confirming_counts_with_the_codes_of_sign_in(careful: User) -> None:
    inside = Client()
    inside.force_login(careful)
    for turn in range(5):
        assert not refused(inside.post(AGAIN, {"code": f"{turn:06d}"}))
        browser, _answer = log_in(careful)
        assert not refused(browser.post(CODE, {"code": f"1{turn:05d}"}))
    assert refused(inside.post(AGAIN, {"code": code_now(TOTP_SECRET)}))


def test_current_password_counts_with_the_tries_to_sign_in() -> None:
    person = make_person()
    browser = Client()
    browser.force_login(person)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    for turn in range(4):
        assert not refused(browser.post(CHANGE, {"oldpassword": f"wrong {turn}"} | new))
    for turn in range(6):
        assert not refused(log_in(person, f"guess {turn}")[1])
    assert refused(log_in(person)[1])
    assert refused(browser.post(CHANGE, {"oldpassword": PASSWORD} | new))
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_fifth_reset_mail_of_an_hour_is_refused_for_known_and_unknown_alike() -> None:
    for email in (make_person().email, "stranger@example.org"):
        answers = [Client().post(RESET, {"email": email}) for _turn in range(5)]
        assert [refused(answer) for answer in answers] == [False] * 4 + [True]
    assert QueuedMail.objects.count() == 8


def test_admin_has_no_sign_in_of_its_own() -> None:
    answer = Client().post("/admin/login/", {"username": make_person().email, "password": "guess"})
    assert answer.status_code == 302
    assert answer.url.startswith(LOGIN)
