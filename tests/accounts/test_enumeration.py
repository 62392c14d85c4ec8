"""Sign-in, reset and registration answer alike for known and unknown addresses: in words, in work and in time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.test import Client
from django.urls import reverse

from apps.accounts.models import QueuedMail, User
from tests.factories.organizations import make_person

pytestmark = pytest.mark.django_db
TRIES = 30


@dataclass
class Answer:
    status: int
    location: str
    body: str
    hashed: int
    mails: int
    seconds: float

    @property
    def shown(self) -> tuple[Any, ...]:
        return self.status, self.location, self.body, self.hashed, self.mails


FORMS: dict[str, tuple[str, Callable[[str], dict[str, str]]]] = {
    "sign-in": (reverse("account_login"), lambda email: {"login": email, "password": "wrong horse battery"}),
    "reset": (reverse("account_reset_password"), lambda email: {"email": email}),
    "register": (
        reverse("account_signup"),
        lambda email: {"name": "New Person", "email": email, "password1": "right horse battery"},
    ),
}


@pytest.fixture
def hashed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The hasher of production, which counts its calls."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    make_password("warm")
    calls: list[int] = []
    for name in ("encode", "verify"):
        act = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher, name, lambda self, *args, act=act: calls.append(1) or act(self, *args)
        )
    return calls


def ask(url: str, data: dict[str, str], email: str, turn: int, hashed: list[int]) -> Answer:
    browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
    hashed_before, mails_before = len(hashed), QueuedMail.objects.count()
    started = time.process_time()
    answer = browser.post(url, data)
    seconds = time.process_time() - started
    body = answer.content.decode()
    if answer.status_code == 302:
        body = browser.get(answer.url).content.decode()
    body = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', "", body.replace(email, "ADDRESS"))
    return Answer(
        answer.status_code,
        answer.headers.get("Location", ""),
        body,
        len(hashed) - hashed_before,
        QueuedMail.objects.count() - mails_before,
        seconds,
    )


@pytest.mark.parametrize("form", FORMS)
def test_known_and_unknown_addresses_get_the_same(form: str, hashed: list[int]) -> None:
    url, data = FORMS[form]
    people = [make_person() for _turn in range(TRIES + 1)]
    known, unknown = [], []
    for turn, person in enumerate(people):
        strange = f"unknown{turn:03d}@example.org"
        known.append(ask(url, data(person.email), person.email, turn, hashed))
        unknown.append(ask(url, data(strange), strange, turn, hashed))
    assert {answer.shown for answer in known} == {answer.shown for answer in unknown}
    assert known[0].hashed == 1
    assert known[0].mails == (0 if form == "sign-in" else 1)
    # The first of each pays for templates and caches.
    times = [median(answer.seconds for answer in answers[1:]) for answers in (known, unknown)]
    assert max(times) <= min(times) * 1.1, f"{form}: {times}"


def test_disabled_person_and_one_without_a_password_get_what_strangers_get(hashed: list[int]) -> None:
    url, data = FORMS["sign-in"]
    disabled = make_person()
    disabled.is_active = False
    disabled.save()
    keyless = User.objects.create_user("keyless@example.org", name="Keyless", email_verified=True)
    answers = [
        ask(url, data(email), email, 1, hashed) for email in (disabled.email, keyless.email, "strange@example.org")
    ]
    assert len({answer.shown for answer in answers}) == 1


def test_refusals_are_the_same_too(hashed: list[int]) -> None:
    known = make_person().email
    for url, data in FORMS.values():
        said = []
        for email in (known, "stranger@example.org"):
            for turn in range(12):
                answer = ask(url, data(email), email, 100 + turn, hashed)
            assert "Too many attempts" in answer.body
            assert (answer.hashed, answer.mails) == (0, 0)
            said.append(answer.shown)
        assert said[0] == said[1]
