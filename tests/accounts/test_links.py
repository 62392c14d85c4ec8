"""Links in mails: each is for one person, once, and not for long."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account import app_settings
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from django.urls import reverse

from apps.accounts.models import QueuedMail, User
from tests.factories.organizations import PASSWORD, make_person

pytestmark = pytest.mark.django_db
NEW = {"password1": "lorry sunset 88 piano", "password2": "lorry sunset 88 piano"}
RESET, SIGN_UP, EMAIL = reverse("account_reset_password"), reverse("account_signup"), reverse("account_email")


def link_to(address: str, part: str) -> str:
    """The newest one; it leads to the portal's own address, whatever host was asked."""
    found = [
        re.search(rf"http://localhost:8000(\S*{part}\S*)", row.body) for row in QueuedMail.objects.filter(to=address)
    ]
    return next(match[1] for match in found if match)


def reset_link(person: User) -> str:
    Client(HTTP_HOST="127.0.0.1").post(RESET, {"email": person.email})
    return link_to(person.email, "/password/reset/key/")


def use(link: str, browser: Client | None = None) -> Any:
    browser = browser or Client()
    page = browser.get(link, follow=True)
    return browser.post(page.redirect_chain[-1][0] if page.redirect_chain else link, NEW)


def has_new_password(person: User) -> bool:
    person.refresh_from_db()
    return person.check_password(NEW["password1"])


def test_reset_link_works_once() -> None:
    person = make_person()
    link = reset_link(person)
    use(link)
    assert has_new_password(person)
    person.set_password(PASSWORD)
    person.save()
    use(link)
    assert not has_new_password(person)


def test_reset_link_hides_its_key_from_the_address_bar() -> None:
    link = reset_link(make_person())
    shown = Client().get(link).headers["Location"]
    assert shown.endswith("-set-password/")


def test_reset_link_dies_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = app_settings.PASSWORD_RESET_TOKEN_GENERATOR
    person = make_person()
    now = generator()._now()
    link = reset_link(person)
    monkeypatch.setattr(generator, "_now", lambda self: now + timedelta(hours=24, minutes=1))
    use(link)
    assert not has_new_password(person)


def test_reset_link_is_for_its_person_alone() -> None:
    person, other = make_person(), make_person()
    link = reset_link(person)
    use(re.sub(r"key/[^-]+-", f"key/{user_pk_to_url_str(other)}-", link))
    assert not has_new_password(other)
    assert not has_new_password(person)


def test_reset_link_dies_with_a_new_address_and_with_a_sign_in() -> None:
    moved, returned = make_person(), make_person()
    links = [reset_link(person) for person in (moved, returned)]
    EmailAddress.objects.filter(user=moved).update(email="moved@example.org")
    User.objects.filter(pk=moved.pk).update(email="moved@example.org")
    Client().post(reverse("account_login"), {"login": returned.email, "password": PASSWORD})
    for link in links:
        use(link)
    assert not has_new_password(moved)
    assert not has_new_password(returned)


def test_reset_key_cannot_be_guessed() -> None:
    key = reset_link(make_person()).rstrip("/").rpartition("-")[2]
    assert len(key) * 4 >= 128


def sign_up(address: str = "new@example.org") -> str:
    Client().post(SIGN_UP, {"name": "New", "email": address, "password1": PASSWORD})
    return link_to(address, "/confirm-email/")


def test_address_is_verified_by_a_press_and_not_by_a_look() -> None:
    link = sign_up()
    assert Client().get(link).status_code == 200
    assert not EmailAddress.objects.get().verified
    Client().post(link)
    assert EmailAddress.objects.get().verified
    person = User.objects.get()
    assert (person.name, person.email) == ("New", "new@example.org")


def test_link_of_sign_up_dies_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    link = sign_up()
    tomorrow = time.time() + 24 * 3600 + 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: tomorrow)
    Client().post(link)
    assert not EmailAddress.objects.get().verified


def test_link_that_was_changed_verifies_nothing() -> None:
    link = sign_up()
    Client().post(link[:-2] + ("x/" if link[-2] != "x" else "y/"))
    assert not EmailAddress.objects.get().verified


def test_sign_up_with_a_known_address_makes_nobody() -> None:
    person = make_person()
    answer = Client().post(SIGN_UP, {"name": "New", "email": person.email, "password1": PASSWORD})
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1


def test_new_address_counts_when_its_owner_says_so(client: Client) -> None:
    person = make_person()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    old = person.email
    client.post(EMAIL, {"email": "moved@example.org", "action_add": ""})
    person.refresh_from_db()
    assert person.email == old
    client.post(link_to("moved@example.org", "/confirm-email/"))
    person.refresh_from_db()
    assert person.email == "moved@example.org"
    assert [row.email for row in EmailAddress.objects.all()] == ["moved@example.org"]
    assert QueuedMail.objects.filter(to=old).exists()
    assert Client().post(reverse("account_login"), {"login": old, "password": PASSWORD}).status_code == 200


def test_address_changes_only_after_the_password_was_given_just_now(client: Client) -> None:
    person = make_person()
    client.force_login(person)
    answer = client.post(EMAIL, {"email": "moved@example.org", "action_add": ""})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not QueuedMail.objects.exists()
