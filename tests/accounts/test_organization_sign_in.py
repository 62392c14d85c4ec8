"""Sign-in through the provider of an organization, which runs as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import QueuedMail, User
from apps.organizations import sign_in
from apps.organizations.models import IdentityProvider, Membership, Organization, Role
from apps.organizations.services.identity_providers import identity_provider_activate, identity_provider_set
from tests.factories.organizations import SYSTEM, give_authenticator, make_university

pytestmark = pytest.mark.django_db
DOMAIN, ADDRESS = "taihu.example.edu", "li@taihu.example.edu"
ASK, HOME = reverse("organizations:organization_sign_in"), reverse("portal:home")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tmp_path_factory.mktemp("provider")
    command = [sys.executable, "-m", "tests.oidc_provider", str(port), str(directory)]
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(command, cwd=project.BASE_DIR, stderr=log, stdout=log) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_it_answers(url, process)
            yield url
        finally:
            process.terminate()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the provider did not start")


@pytest.fixture
def school() -> Organization:
    return make_university()


def connect(school: Organization, issuer: str, *, active: bool = True, **values: Any) -> IdentityProvider:
    given = {"domain": DOMAIN, "client_id": "portal", "client_secret": "portal-secret"} | values
    made = identity_provider_set(SYSTEM, organization_id=school.pk, issuer=issuer, **given)
    return identity_provider_activate(SYSTEM, provider_id=made.pk) if active else made


def leave(browser: Client, address: str = ADDRESS, **data: str) -> Any:
    """Name the address; the answer leads to the provider."""
    return browser.post(ASK, {"email": address} | data)


def return_from(provider: str, location: str, name: str = "student") -> str:
    """What the provider answers to its person: the address to go back to."""
    with httpx.Client(base_url=provider) as there:
        there.get(f"/enter/{name}/").raise_for_status()
        answer = there.get(location)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
    assert back.netloc == "testserver"
    return f"{back.path}?{back.query}"


def travel(provider: str, name: str = "student", browser: Client | None = None) -> Any:
    browser = browser or Client()
    return browser.get(return_from(provider, leave(browser).headers["Location"], name))


def nobody_is_here() -> bool:
    return not (User.objects.exists() or SocialAccount.objects.exists() or Membership.objects.exists())


def test_newcomer_becomes_a_person_and_a_member_as_the_organization_says(provider: str, school: Organization) -> None:
    connect(school, provider, default_role=Role.STUDENT)
    browser = Client()
    there = leave(browser, next="/notifications/")
    query = parse_qs(urlsplit(there.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"]
    back = return_from(provider, there.headers["Location"])
    assert browser.get(back).headers["Location"] == "/notifications/"
    person = User.objects.get()
    assert (person.email, person.name, person.has_usable_password()) == (ADDRESS, "Mingxuan Li", False)
    member = Membership.objects.get()
    assert (member.user, member.organization, member.role) == (person, school, Role.STUDENT)
    assert browser.get(HOME).status_code == 200
    again = Client()
    assert travel(provider, browser=again).headers["Location"] == HOME
    assert User.objects.count() == SocialAccount.objects.count() == Membership.objects.count() == 1


def test_newcomer_is_no_member_where_the_organization_does_not_say_so(provider: str, school: Organization) -> None:
    connect(school, provider)
    assert travel(provider).status_code == 302
    assert User.objects.exists()
    assert not Membership.objects.exists()


def test_person_with_the_verified_address_is_linked_and_told(provider: str, school: Organization) -> None:
    connect(school, provider, default_role=Role.STUDENT)
    person = User.objects.create_user(ADDRESS, "correct horse battery", name="Li", email_verified=True)
    browser = Client()
    assert travel(provider, browser=browser).headers["Location"] == HOME
    assert SocialAccount.objects.get().user == person
    assert browser.session["_auth_user_id"] == str(person.pk)
    assert not Membership.objects.exists()
    assert QueuedMail.objects.filter(to=ADDRESS).exists()
    person.refresh_from_db()
    assert person.has_usable_password()


def test_password_of_who_never_verified_the_address_is_wiped(provider: str, school: Organization) -> None:
    connect(school, provider)
    squatter = User.objects.create_user(ADDRESS, "correct horse battery", name="Squatter")
    travel(provider)
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()


def test_second_factor_is_asked_for_here_too(provider: str, school: Organization) -> None:
    connect(school, provider)
    person = User.objects.create_user(ADDRESS, "correct horse battery", name="Li", email_verified=True)
    give_authenticator(person)
    browser = Client()
    assert travel(provider, browser=browser).headers["Location"] == reverse("mfa_authenticate")
    assert browser.get(HOME).status_code == 302


@pytest.mark.parametrize("who", ["impostor", "unverified"])
def test_provider_vouches_for_nobody_else(who: str, provider: str, school: Organization) -> None:
    connect(school, provider, default_role=Role.STUDENT)
    answer = travel(provider, who)
    assert answer.status_code == 403
    assert "did not vouch" in answer.content.decode()
    assert nobody_is_here()


def test_provider_does_not_take_over_a_person_of_another_domain(provider: str, school: Organization) -> None:
    connect(school, provider)
    User.objects.create_user("boss@rival.example.org", "correct horse battery", name="Boss", email_verified=True)
    assert travel(provider, "impostor").status_code == 403
    assert not SocialAccount.objects.exists()


def test_control_without_the_rule_the_person_is_taken_over(
    provider: str, school: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in.SocialAccountAdapter, "pre_social_login", lambda *args: None)
    connect(school, provider)
    boss = User.objects.create_user("boss@rival.example.org", "correct horse battery", name="B", email_verified=True)
    travel(provider, "impostor")
    assert SocialAccount.objects.get().user == boss


def test_platform_staff_are_vouched_for_by_nobody(provider: str, school: Organization) -> None:
    connect(school, provider)
    User.objects.create_superuser(ADDRESS, "correct horse battery", name="Staff")
    assert travel(provider).status_code == 403
    assert not SocialAccount.objects.exists()


def test_wrong_client_secret_changes_nothing(provider: str, school: Organization) -> None:
    connect(school, provider, client_secret="wrong")
    answer = travel(provider)
    assert answer.status_code == 401
    assert "The sign-in did not work" in answer.content.decode()
    assert nobody_is_here()


def test_code_of_another_browser_is_refused(provider: str, school: Organization) -> None:
    connect(school, provider)
    back = return_from(provider, leave(Client()).headers["Location"])
    assert Client().get(back).status_code == 401
    assert nobody_is_here()


def test_provider_that_is_away_gets_a_page(school: Organization) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{closed.getsockname()[1]}"
        connect(school, away)
        for answer in (leave(Client()), Client().post(reverse("openid_connect_login", args=[DOMAIN]))):
            assert answer.status_code == 502
            assert "does not answer as it should" in answer.content.decode()
    assert nobody_is_here()


@pytest.mark.parametrize("gone", ["suspended", "inactive"])
def test_provider_that_is_not_in_use_signs_nobody_in(gone: str, provider: str, school: Organization) -> None:
    made = connect(school, provider, active=gone != "inactive")
    if gone == "suspended":
        Organization.objects.filter(pk=school.pk).update(suspended_at=timezone.now(), suspension_reason="x")
    assert leave(Client()).status_code == 422
    for name in ("openid_connect_login", "openid_connect_callback"):
        assert Client().post(reverse(name, args=[made.domain])).status_code == 404


def test_row_that_somebody_made_by_hand_is_no_provider(provider: str) -> None:
    settings = {"server_url": provider}
    SocialApp.objects.create(
        provider="openid_connect", provider_id=DOMAIN, name="x", client_id="portal", secret="y", settings=settings
    )
    assert leave(Client()).status_code == 422
    assert Client().post(reverse("openid_connect_login", args=[DOMAIN])).status_code == 404


def test_provider_taken_out_of_use_on_the_way_signs_nobody_in(provider: str, school: Organization) -> None:
    made = connect(school, provider)
    browser = Client()
    back = return_from(provider, leave(browser).headers["Location"])
    IdentityProvider.objects.filter(pk=made.pk).update(is_active=False)
    assert browser.get(back).status_code == 404
    assert nobody_is_here()


def test_address_of_a_domain_says_nothing_about_people(provider: str, school: Organization) -> None:
    connect(school, provider)
    User.objects.create_user(ADDRESS, "correct horse battery", name="Li", email_verified=True)
    places = [urlsplit(leave(Client(), email).headers["Location"])[:3] for email in (ADDRESS, f"nobody@{DOMAIN}")]
    assert places[0] == places[1]
    unknown = leave(Client(), "li@nowhere.example")
    assert unknown.status_code == 422


def test_sign_in_never_leads_to_another_site(provider: str, school: Organization) -> None:
    connect(school, provider)
    browser = Client()
    there = leave(browser, next="https://evil.example/")
    assert browser.get(return_from(provider, there.headers["Location"])).headers["Location"] == HOME
