from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import user_set_preferences
from apps.core.actor import Actor
from apps.core.errors import NotFound
from tests.factories.organizations import make_person

pytestmark = pytest.mark.django_db
URL, LOGIN = reverse("accounts:preferences"), reverse("account_login")


@pytest.fixture
def person() -> User:
    return make_person()


@pytest.fixture
def browser(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def test_preferences_of_a_person_are_kept_with_the_person(browser: Client, person: User) -> None:
    browser.post(URL, {"language": "zh-hans"})
    browser.post(URL, {"theme": "dark"})
    person.refresh_from_db()
    assert (person.language, person.theme) == ("zh-hans", "dark")
    page = browser.get(reverse("notifications:list"))
    assert page.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans" data-theme="dark"' in page.content.decode()


def test_preferences_of_a_visitor_are_kept_in_the_browser(client: Client) -> None:
    client.post(URL, {"language": "zh-hans", "theme": "light"})
    assert 'lang="zh-hans" data-theme="light"' in client.get(LOGIN).content.decode()


def test_language_of_the_person_wins_over_that_of_the_browser(browser: Client) -> None:
    page = browser.get(reverse("notifications:list"), HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert page.headers["Content-Language"] == "en"


def test_preferences_are_posted(browser: Client, person: User) -> None:
    assert browser.get(URL, {"language": "zh-hans"}).status_code == 405
    assert Client(enforce_csrf_checks=True).post(URL, {"language": "zh-hans"}).status_code == 403
    person.refresh_from_db()
    assert person.language == "en"


@pytest.mark.parametrize("value", [{"language": "fr"}, {"theme": "pink"}, {"language": "zh-hans", "theme": "pink"}])
def test_preferences_that_are_not_offered_change_nothing(value: dict[str, str], browser: Client, person: User) -> None:
    response = browser.post(URL, value)
    assert response.status_code == 302
    assert not response.cookies
    person.refresh_from_db()
    assert (person.language, person.theme) == ("en", "auto")


@pytest.mark.parametrize("cookie", ['"><script>', "pink"])
def test_theme_cookie_that_was_tampered_with_is_ignored(cookie: str, client: Client) -> None:
    client.cookies["theme"] = cookie
    assert 'data-theme="auto"' in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/agreements/?q=a", "/agreements/?q=a"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("https:evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_preferences_lead_back_but_never_to_another_site(address: str, target: str, client: Client) -> None:
    assert client.post(URL, {"theme": "dark", "next": address}).headers["Location"] == target


def test_service_refuses_bad_values_and_nobody(person: User) -> None:
    with pytest.raises(ValidationError):
        user_set_preferences(Actor(user_id=person.pk), language="fr")
    with pytest.raises(NotFound):
        user_set_preferences(Actor.anonymous(), theme="dark")
