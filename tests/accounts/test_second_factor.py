"""Who needs a second factor acts in nothing without it; a signature asks for it again; their sessions end early."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts import factors, sessions
from apps.agreements.models import Signature
from apps.agreements.services import agreement_sign
from apps.core.errors import NotConfirmed, SecondFactorMissing
from apps.organizations import middleware
from apps.organizations.models import Membership, Organization, Role
from apps.organizations.principal import actor_for
from tests.factories.agreements import make_submitted, shown_hash
from tests.factories.organizations import (
    TOTP_SECRET,
    confirm,
    give_authenticator,
    make_enterprise,
    make_member,
    make_organization,
    make_person,
    make_university,
    sign_in,
    sign_in_person,
)
from tests.support.totp import code_at, code_now

pytestmark = pytest.mark.django_db
HOME, MEMBERS = reverse("portal:home"), reverse("organizations:member_list")
SET_UP, GIVE = reverse("mfa_activate_totp"), reverse("mfa_reauthenticate")
HOUR = 3600


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


def entered(membership: Membership) -> Client:
    """Signed in by the password alone."""
    browser = Client()
    browser.force_login(membership.user)
    return browser


@pytest.mark.parametrize("make", [make_university, make_enterprise])
def test_administrator_without_second_factor_is_led_to_the_set_up(make: Callable[[], Organization]) -> None:
    browser = entered(make_member(make(), Role.ADMINISTRATOR))
    for url in (HOME, MEMBERS, reverse("agreements:agreement_list")):
        assert browser.get(url).headers["Location"] == f"{SET_UP}?next={url.replace('/', '%2F')}"
    assert browser.post(reverse("notifications:read_all")).headers["Location"].startswith(SET_UP)
    assert browser.get(SET_UP).headers["Location"].startswith(reverse("account_reauthenticate"))
    assert browser.get(reverse("accounts:security")).status_code == 200


def test_everybody_of_a_government_body_and_platform_staff_need_one(client: Client) -> None:
    officer = make_member(make_organization(Organization.Kind.GOVERNMENT), Role.OBSERVER)
    assert entered(officer).get(HOME).headers["Location"].startswith(SET_UP)
    staff = make_person()
    staff.is_staff = True
    staff.save()
    client.force_login(staff)
    assert client.get(reverse("admin:index")).headers["Location"].startswith(SET_UP)
    sign_in_person(client, staff)
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT, Role.OBSERVER])
def test_others_need_none(role: str) -> None:
    assert entered(make_member(make_university(), role)).get(HOME).status_code == 200


def test_session_without_the_factor_that_the_person_has_is_asked_for_it(administrator: Membership) -> None:
    before = entered(administrator)
    give_authenticator(administrator.user)
    assert before.get(MEMBERS).headers["Location"].startswith(GIVE)
    before.post(GIVE, {"code": code_now(TOTP_SECRET)})
    assert before.get(MEMBERS).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(administrator: Membership) -> None:
    RecoveryCodes.activate(administrator.user)
    browser = entered(administrator)
    confirm(browser, administrator.user)
    assert browser.get(MEMBERS).headers["Location"].startswith(SET_UP)


def test_factor_that_was_removed_opens_nothing_any_more(administrator: Membership) -> None:
    browser = Client()
    sign_in(browser, administrator)
    assert browser.get(MEMBERS).status_code == 200
    Authenticator.objects.all().delete()
    assert browser.get(MEMBERS).headers["Location"].startswith(SET_UP)


def test_api_in_such_a_session_says_what_is_missing(administrator: Membership) -> None:
    answer = entered(administrator).get("/api/v1/organizations/")
    assert (answer.status_code, answer.json()["type"]) == (403, SecondFactorMissing.kind)
    basic = entered(administrator).get("/api/v1/organizations/", HTTP_AUTHORIZATION="Basic eDp5")
    assert basic.status_code == 403


def test_fragment_in_such_a_session_leads_the_whole_page(administrator: Membership) -> None:
    answer = entered(administrator).get(MEMBERS, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith(SET_UP)


def test_control_without_the_rule_the_administrator_is_in(
    administrator: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "needs_second_factor", lambda actor: False)
    assert entered(administrator).get(MEMBERS).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_set_up_is_the_factor_of_this_session(administrator: Membership) -> None:
    browser = Client()
    browser.post(reverse("account_login"), {"login": administrator.user.email, "password": "correct horse battery"})
    page = browser.get(SET_UP)
    assert "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret
    assert browser.post(SET_UP, {"code": code_now(secret)}).status_code == 302
    assert browser.get(MEMBERS).status_code == 200
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored


def test_code_opens_once(administrator: Membership) -> None:
    give_authenticator(administrator.user)
    code = code_now(TOTP_SECRET)
    asked = [enter_code(administrator, code) for _time in range(2)]
    assert [browser.get(MEMBERS).status_code for browser in asked] == [200, 302]


@pytest.mark.parametrize(("steps", "status"), [(-1, 200), (1, 200), (-2, 302), (2, 302)])
def test_code_of_a_clock_that_is_a_little_off_is_taken(steps: int, status: int, administrator: Membership) -> None:
    give_authenticator(administrator.user)
    wait_for_room()
    code = code_at(TOTP_SECRET, int(time.time()) // 30 + steps)
    assert enter_code(administrator, code).get(MEMBERS).status_code == status


def wait_for_room() -> None:
    """Leave the last seconds of a period, in which a test would meet the next one."""
    if time.time() % 30 > 27:
        time.sleep(30 - time.time() % 30)


def enter_code(member: Membership, code: str) -> Client:
    browser = Client()
    browser.post(reverse("account_login"), {"login": member.user.email, "password": "correct horse battery"})
    browser.post(reverse("mfa_authenticate"), {"code": code})
    return browser


# Signing


@pytest.fixture
def signer() -> Membership:
    return make_member(make_university())


def test_signing_asks_for_the_factor_again_and_leads_back(signer: Membership) -> None:
    agreement = make_submitted(signer, make_member(make_enterprise()))
    url = reverse("agreements:agreement_sign", args=[agreement.pk])
    browser = Client()
    sign_in(browser, signer)
    confirm(browser, signer.user, seconds_ago=factors.CONFIRMED_FOR + 1)
    body = {"content_hash": shown_hash(agreement, actor_for(signer.user_id, signer.pk)), "agree": "on"}
    for answer in (browser.get(url), browser.post(url, body)):
        assert answer.headers["Location"] == f"{SET_UP}?next={url.replace('/', '%2F')}"
    give_authenticator(signer.user)
    assert browser.post(url, body).headers["Location"] == f"{GIVE}?next={url.replace('/', '%2F')}"
    assert not Signature.objects.exists()
    given = browser.post(f"{GIVE}?next={url}", {"code": code_now(TOTP_SECRET), "next": url})
    assert given.headers["Location"] == url
    assert browser.get(url).status_code == 200
    assert browser.post(url, body).status_code == 302
    assert Signature.objects.get().membership == signer


def test_service_refuses_who_is_not_confirmed(signer: Membership) -> None:
    agreement = make_submitted(signer, make_member(make_enterprise()))
    actor = actor_for(signer.user_id, signer.pk)
    shown = shown_hash(agreement, actor)
    with pytest.raises(NotConfirmed):
        agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown)
    agreement_sign(replace(actor, confirmed=True), agreement_id=agreement.pk, content_hash=shown)


# Sessions that end early


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of sessions to so many seconds from now."""

    def move(seconds: float) -> None:
        at = timezone.now().timestamp() + seconds
        monkeypatch.setattr(sessions, "time", type("Clock", (), {"time": staticmethod(lambda: at)}))

    return move


def test_session_ends_after_three_idle_hours(administrator: Membership, clock: Callable[[float], None]) -> None:
    browser = Client()
    sign_in(browser, administrator)
    clock(3 * HOUR - 60)
    assert browser.get(MEMBERS).status_code == 200
    clock(6 * HOUR - 200)
    assert browser.get(MEMBERS).status_code == 200
    clock(9 * HOUR)
    ended = browser.get(MEMBERS)
    assert ended.headers["Location"].startswith(reverse("account_login"))
    assert "Your session has ended" in browser.get(ended.headers["Location"]).content.decode()


def test_session_ends_after_twelve_hours_in_use(administrator: Membership, clock: Callable[[float], None]) -> None:
    browser = Client()
    sign_in(browser, administrator)
    for hours in range(1, 12):
        clock(hours * HOUR)
        assert browser.get(MEMBERS).status_code == 200
    clock(12 * HOUR + 1)
    assert browser.get(MEMBERS).status_code == 302
    assert browser.get(HOME).status_code == 302


def test_session_of_a_student_lasts(clock: Callable[[float], None]) -> None:
    browser = entered(make_member(make_university(), Role.STUDENT))
    clock(20 * HOUR)
    assert browser.get(HOME).status_code == 200


def test_use_of_a_session_is_written_every_five_minutes_at_most(
    administrator: Membership, clock: Callable[[float], None]
) -> None:
    browser = Client()
    sign_in(browser, administrator)

    def written(seconds: float) -> list[str]:
        clock(seconds)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(MEMBERS)
        return [query["sql"][:24] for query in asked if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]

    assert written(sessions.MARK_EVERY - 10) == []
    assert written(sessions.MARK_EVERY + 10) == ['UPDATE "django_session" ']
    assert written(sessions.MARK_EVERY + 20) == []
