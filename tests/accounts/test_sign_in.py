from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import User
from tests.factories.organizations import PASSWORD, make_person

pytestmark = pytest.mark.django_db
LOGIN = reverse("account_login")
OPEN = {
    "core:healthz",  # asked by machines
    "core:gallery",  # 404 outside development
    "account_login",
    "accounts:preferences",  # language and theme of the sign-in page
}


def sign_in(email: str, password: str = PASSWORD, **data: str) -> Any:
    return Client().post(LOGIN, {"username": email, "password": password} | data)


def test_sign_in_opens_the_home_page() -> None:
    response = sign_in(make_person().email)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("portal:home"))


@pytest.mark.parametrize("write", [str.upper, str.title, lambda email: f"  {email} "])
def test_sign_in_takes_the_address_in_any_case(write: Any) -> None:
    assert sign_in(write(make_person().email)).status_code == 302


def test_sign_in_finds_an_address_that_was_stored_with_capitals() -> None:
    person = make_person()
    User.objects.filter(pk=person.pk).update(email="Ada@Example.org")
    assert sign_in("ada@example.org").status_code == 302


def test_two_people_cannot_have_one_address_in_two_cases() -> None:
    person = make_person()
    with pytest.raises(ValidationError):
        User.objects.create_user(person.email.upper(), PASSWORD, name="Another")


def test_sign_in_says_the_same_whatever_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    known, disabled, keyless = make_person(), make_person(), User.objects.create_user("k@example.org", name="K")
    disabled.is_active = False
    disabled.save()
    hashed: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *args, **kw: hashed.append("") or encode(self, *args, **kw))
    answers = []
    for email, password in [
        (known.email, "wrong"),
        ("nobody@example.org", PASSWORD),
        (disabled.email, PASSWORD),
        (keyless.email, PASSWORD),
    ]:
        hashed.clear()
        response = sign_in(email, password)
        page = response.content.decode().replace(email, "").replace(csrf_of(response), "")
        answers.append((response.status_code, page, len(hashed)))
    assert "The e-mail address and the password do not match." in answers[0][1]
    assert len(set(answers)) == 1


def csrf_of(response: Any) -> str:
    return str(response.context["csrf_token"])


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_never_leads_to_another_site(address: str) -> None:
    assert sign_in(make_person().email, next=address).headers["Location"] == reverse("portal:home")


def test_sign_in_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    asked = client.get(reverse("notifications:list"))
    assert asked.headers["Location"] == f"{LOGIN}?next=/notifications/"
    assert sign_in(make_person().email, next="/notifications/").headers["Location"] == "/notifications/"


def test_sign_in_gives_a_new_session_and_sign_out_ends_it(client: Client) -> None:
    person = make_person()
    client.get(LOGIN)
    session = client.session
    session["before"] = "1"
    session.save()
    old = session.session_key
    client.post(LOGIN, {"username": person.email, "password": PASSWORD})
    assert client.session.session_key != old
    assert client.get(reverse("account_logout")).status_code == 405
    assert client.post(reverse("account_logout")).headers["Location"] == LOGIN
    assert client.get(reverse("portal:home")).status_code == 302


def test_disabled_person_is_signed_out_at_once(client: Client) -> None:
    person = make_person()
    client.force_login(person)
    assert client.get(reverse("notifications:list")).status_code == 200
    person.is_active = False
    person.save()
    assert client.get(reverse("notifications:list")).status_code == 302


def test_new_password_ends_the_other_sessions_and_needs_the_old_one() -> None:
    person, here, there = make_person(), Client(), Client()
    for browser in (here, there):
        browser.post(LOGIN, {"username": person.email, "password": PASSWORD})
    url, new = reverse("accounts:password_change"), "lorry sunset 88 piano"
    assert here.get(url).status_code == 200
    wrong = here.post(url, {"old_password": "x", "new_password1": new, "new_password2": new})
    assert wrong.context["form"].errors
    for weak in ("password123", "short1", person.email):
        refused = here.post(url, {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak})
        assert refused.context["form"].errors
    done = here.post(url, {"old_password": PASSWORD, "new_password1": new, "new_password2": new}, follow=True)
    assert "Password changed" in done.content.decode()
    assert there.get(reverse("notifications:list")).status_code == 302
    assert sign_in(person.email).status_code == 200
    assert sign_in(person.email, new).status_code == 302


@pytest.mark.parametrize("password", ["密码很长很安全的一句话", "x7" * 40 + "y"])
def test_password_may_be_chinese_and_long(password: str) -> None:
    person = make_person()
    person.set_password(password)
    person.save()
    assert sign_in(person.email, password).status_code == 302
    assert sign_in(person.email, password[:-1]).status_code == 200


def _addresses(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, ":".join(filter(None, [namespace, pattern.namespace])))
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}", list(pattern.pattern.regex.groupindex)


def test_every_address_but_the_named_ones_needs_a_sign_in(client: Client) -> None:
    reachable = set()
    for name, arguments in _addresses(get_resolver().url_patterns):
        if name.startswith("admin:"):
            continue
        response = client.get(reverse(name, kwargs=dict.fromkeys(arguments, 1)))
        sent_to_sign_in = response.status_code == 302 and response.headers["Location"].startswith(f"{LOGIN}?next=")
        if not sent_to_sign_in and response.status_code != 401:
            reachable.add(name)
    assert reachable == OPEN


def test_admin_is_for_the_platforms_staff(client: Client) -> None:
    url, person = reverse("admin:index"), make_person()
    assert client.get(url).status_code == 302
    client.force_login(person)
    assert client.get(url).status_code == 302
    person.is_staff = True
    person.save()
    assert client.get(url).status_code == 200
