"""Signing in and out by password, and what ends a session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import User
from apps.organizations.models import Role
from tests.access.matrix import OPEN_TO_ALL
from tests.access.rows_accounts import STEPS
from tests.factories.organizations import (
    PASSWORD,
    TOTP_SECRET,
    give_authenticator,
    make_member,
    make_person,
    make_university,
    sign_in_person,
)
from tests.support.totp import code_now

pytestmark = pytest.mark.django_db
LOGIN, HOME, NOTICES = reverse("account_login"), reverse("portal:home"), reverse("notifications:list")
CHANGE = reverse("account_change_password")
NEW = "lorry sunset 88 piano"
WORDS = ("password12", "1234567890", "qwertyuiop", "iloveyou12")


def sign_in(email: str, password: str = PASSWORD, browser: Client | None = None, **data: str) -> Any:
    return (browser or Client()).post(LOGIN, {"login": email, "password": password} | data)


def is_in(browser: Client) -> bool:
    return bool(browser.get(NOTICES).status_code == 200)


def test_sign_in_opens_the_home_page() -> None:
    response = sign_in(make_person().email)
    assert (response.status_code, response.headers["Location"]) == (302, HOME)


@pytest.mark.parametrize("write", [str.upper, str.title, lambda email: f"  {email} "])
def test_sign_in_takes_the_address_in_any_case(write: Callable[[str], str]) -> None:
    assert sign_in(write(make_person().email)).status_code == 302


def test_two_people_cannot_have_one_address_in_two_cases() -> None:
    person = make_person()
    with pytest.raises(ValidationError):
        User.objects.create_user(person.email.upper(), PASSWORD, name="Another")


def test_sign_in_before_the_address_is_verified_opens_nothing() -> None:
    browser = Client()
    person = User.objects.create_user("new@example.org", PASSWORD, name="New")
    assert sign_in(person.email, browser=browser).headers["Location"] == reverse("account_email_verification_sent")
    assert not is_in(browser)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_never_leads_to_another_site(address: str) -> None:
    assert sign_in(make_person().email, next=address).headers["Location"] == HOME


def test_sign_in_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    assert client.get(NOTICES).headers["Location"] == f"{LOGIN}?next=/notifications/"
    assert sign_in(make_person().email, next="/notifications/").headers["Location"] == "/notifications/"


def planted(browser: Client) -> str:
    """The number of a session that somebody else may know."""
    session = browser.session
    session["before"] = "1"
    session.save()
    return str(session.session_key)


def knows(key: str, browser: Client) -> bool:
    """Whether who knows this number of a session is in."""
    thief = Client()
    thief.cookies["sessionid"] = key
    return is_in(thief)


def test_each_step_of_signing_in_gives_a_new_session(client: Client) -> None:
    person = make_person()
    give_authenticator(person)
    seen = [planted(client)]
    sign_in(person.email, browser=client)
    seen.append(str(client.session.session_key))
    client.post(reverse("mfa_authenticate"), {"code": code_now(TOTP_SECRET)})
    assert is_in(client)
    seen.append(str(client.session.session_key))
    assert seen[2] not in seen[:2]
    assert not any(knows(key, client) for key in seen[:2])


def test_switch_of_the_membership_gives_a_new_session(client: Client) -> None:
    person = make_person()
    one, other = (make_member(make_university(), Role.TUTOR, person) for _number in range(2))
    sign_in(person.email, browser=client)
    old = str(client.session.session_key)
    client.post(reverse("portal:membership_switch"), {"membership": other.pk})
    assert client.session["membership"] == other.pk != one.pk
    assert client.session.session_key != old
    assert not knows(old, client)


def test_sign_out_ends_the_session_and_needs_a_post(client: Client) -> None:
    sign_in(make_person().email, browser=client)
    key, out = str(client.session.session_key), reverse("account_logout")
    assert client.get(out).status_code == 200
    assert is_in(client)
    assert client.post(out).headers["Location"] == LOGIN
    assert not is_in(client)
    assert not knows(key, client)


def test_disabled_person_is_signed_out_everywhere_at_once() -> None:
    person = make_person()
    browsers = [Client() for _number in range(10)]
    for browser in browsers:
        browser.force_login(person)
    person.is_active = False
    person.save()
    assert not any(map(is_in, browsers))
    assert sign_in(person.email).headers["Location"] == reverse("account_inactive")


def test_new_password_ends_the_other_sessions_and_needs_the_old_one() -> None:
    person, here, there = make_person(), Client(), Client()
    for browser in (here, there):
        sign_in(person.email, browser=browser)
    assert here.get(CHANGE).status_code == 200
    refused = here.post(CHANGE, {"oldpassword": "x", "password1": NEW, "password2": NEW})
    assert "oldpassword" in refused.context["form"].errors
    here.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert is_in(here)
    assert not is_in(there)
    assert sign_in(person.email).status_code == 200
    assert sign_in(person.email, NEW).status_code == 302


def test_other_sessions_are_listed_and_ended() -> None:
    person, here, there = make_person(), Client(), Client(HTTP_USER_AGENT="Another Browser")
    for browser in (here, there):
        sign_in(person.email, browser=browser)
    url = reverse("usersessions_list")
    assert "Another Browser" in here.get(url).content.decode()
    here.post(url)
    assert is_in(here)
    assert not is_in(there)


@pytest.mark.parametrize("password", [*WORDS, "short1", "person@example.org", "", "Weak Person"])
def test_weak_password_is_refused(password: str, client: Client) -> None:
    person = User.objects.create_user("person@example.org", PASSWORD, name="Weak Person", email_verified=True)
    sign_in(person.email, browser=client)
    answer = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": password, "password2": password})
    assert answer.context["form"].errors
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["密码很长很安全的一句话", "x7 " * 40 + "y", "🔑 as a key, spaces too "])
def test_password_may_be_chinese_and_long_and_is_taken_as_it_is(password: str, client: Client) -> None:
    person = make_person()
    sign_in(person.email, browser=client)
    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": password, "password2": password})
    assert sign_in(person.email, password).status_code == 302
    assert sign_in(person.email, password[:-1]).status_code == 200


def _addresses(
    patterns: list[Any], namespace: str = "", arguments: Sequence[str] = ()
) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            above = [*arguments, *getattr(pattern.pattern, "regex", re.compile("")).groupindex]
            yield from _addresses(pattern.url_patterns, inner, above)
        elif isinstance(pattern, URLPattern):
            yield (
                f"{namespace}:{pattern.name}" if namespace else str(pattern.name),
                [*arguments, *pattern.pattern.regex.groupindex],
            )


def test_every_address_but_the_named_ones_needs_a_sign_in(client: Client) -> None:
    reachable = set()
    for name, arguments in _addresses(get_resolver().url_patterns):
        if name.startswith("admin:"):
            continue
        response = client.get(reverse(name, kwargs=dict.fromkeys(arguments, 1)))
        sent_to_sign_in = response.status_code == 302 and response.headers["Location"].startswith(f"{LOGIN}?next=")
        if not sent_to_sign_in and response.status_code != 401:
            reachable.add(name)
    assert {"account_login", "account_reset_password", "core:healthz"} <= reachable
    assert reachable <= OPEN_TO_ALL - STEPS


def test_admin_is_for_the_platforms_staff(client: Client) -> None:
    url, person = reverse("admin:index"), make_person()
    assert client.get(url).status_code == 302
    client.force_login(person)
    assert client.get(url).status_code == 302
    person.is_staff = True
    person.save()
    assert client.get(url).headers["Location"].startswith(reverse("mfa_activate_totp"))
    sign_in_person(client, person)
    assert client.get(url).status_code == 200
