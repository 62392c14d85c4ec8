"""How often a secret may be tried: the rules one by one. ``tests/concurrency/test_guesses.py`` asks a real server."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts import limits
from apps.accounts.attempts import AttemptBucket
from apps.accounts.devices import DeviceMiddleware, device_of, device_remember
from apps.accounts.limits import Rule, TooManyAttempts, account_key, guess, mail_asked_for, source_of, take

pytestmark = pytest.mark.django_db
OWNER = "owner@example.org"


def request(address: str = "192.0.2.1", cookie: str = "", **headers: str) -> Any:
    made = RequestFactory().post("/accounts/login/", REMOTE_ADDR=address, **headers)
    if cookie:
        made.COOKIES[settings.DEVICE_COOKIE_NAME] = cookie
    return made


def tries(number: int, email: str = OWNER, address: str = "", cookie: str = "", kind: str = limits.PASSWORD) -> int:
    """How many of so many wrong tries were let through to the secret; each from an address of its own unless given."""
    through = 0
    for turn in range(number):
        try:
            guess(request(address or f"198.51.100.{turn % 250}", cookie), email, kind)
        except TooManyAttempts:
            continue
        through += 1
    return through


def known_device(email: str = OWNER, cookie: str = "") -> str:
    """The cookie of a browser from which this account has signed in."""

    def view(asked: Any) -> HttpResponse:
        device_remember(asked, account_key(email))
        return HttpResponse()

    answer = DeviceMiddleware(view)(request(cookie=cookie))
    return answer.cookies[settings.DEVICE_COOKIE_NAME].value


def hours_pass(hours: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE accounts_attemptbucket SET expires_at = expires_at - make_interval(mins => %(minutes)s),
               times = ARRAY(SELECT at - make_interval(mins => %(minutes)s) FROM unnest(times) AS at)""",
            {"minutes": int(hours * 60)},
        )


def test_thousand_guesses_reach_the_secret_ten_times_an_hour_and_twenty_a_day() -> None:
    assert tries(1000) == 10
    hours_pass(0.9)
    assert tries(50) == 0
    hours_pass(0.2)
    assert tries(50) == 10
    for _hour in range(20):
        hours_pass(1)
        assert tries(5) == 0
    hours_pass(3)
    assert tries(50) == 10


def test_ten_in_any_hour_not_only_in_the_hours_of_the_clock() -> None:
    assert tries(5) == 5
    hours_pass(0.8)
    assert tries(50) == 5
    hours_pass(0.4)
    assert tries(50) == 5


def test_unknown_address_is_treated_like_a_known_one() -> None:
    assert tries(30, "nobody@example.org") == 10


@pytest.mark.parametrize("spelling", ["OWNER@EXAMPLE.ORG", " owner@example.org ", "owner@EXAMPLE.ORG"])
def test_other_spelling_of_an_address_counts_as_the_same(spelling: str) -> None:
    tries(10)
    assert tries(10, spelling) == 0


@pytest.mark.parametrize(("odd", "plain"), [("ſ", "s"), ("K", "k"), ("ı", "i"), ("İ", "i"), ("ｏ", "o")])
def test_letters_that_a_database_may_take_for_plain_ones_count_as_those(odd: str, plain: str) -> None:
    assert account_key(f"{odd}x@example.org") == account_key(f"{plain}x@example.org")


def test_refusal_says_when_to_try_again_and_is_right() -> None:
    tries(10)
    hours_pass(0.5)
    with pytest.raises(TooManyAttempts) as refusal:
        guess(request(), OWNER)
    assert 29 * 60 < refusal.value.seconds <= 30 * 60
    assert refusal.value.messages == ["Too many attempts. Try again in 30 minutes."]
    hours_pass(0.51)
    assert guess(request(), OWNER)


def test_known_device_of_the_owner_is_not_locked_out_and_counts_for_itself() -> None:
    cookie = known_device()
    assert tries(1000) == 10
    assert tries(1000, cookie=cookie) == 10
    assert tries(1000, "other@example.org", cookie=cookie) == 10
    assert tries(1000, "other@example.org") == 0


def test_right_try_from_the_known_device_starts_its_count_anew() -> None:
    cookie = known_device()
    tries(9, cookie=cookie)
    guess(request(cookie=cookie), OWNER).right()
    assert tries(50, cookie=cookie) == 10


def test_right_try_gives_itself_back_and_leaves_the_wrong_ones_counted() -> None:
    """Otherwise the owner's sign-ins would each buy an attacker ten more guesses."""
    assert tries(9, address="203.0.113.9") == 9
    for _time in range(30):
        guess(request("203.0.113.77"), OWNER).right()
    assert tries(50, address="203.0.113.9") == 1


def test_second_factor_counts_apart_from_the_password() -> None:
    assert tries(50) == 10
    assert tries(50, kind=limits.CODE) == 10


def test_device_cookie_names_nobody_keeps_five_accounts_and_cannot_be_forged() -> None:
    cookie = known_device()
    for number in range(4):
        cookie = known_device(f"{number}@example.org", cookie)
    assert device_of(request(cookie=cookie), account_key(OWNER))
    cookie = known_device("sixth@example.org", cookie)
    assert not device_of(request(cookie=cookie), account_key(OWNER))
    assert device_of(request(cookie=cookie), account_key("sixth@example.org"))
    for forged in ("", "x", cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), "[]"):
        assert not device_of(request(cookie=forged), account_key("sixth@example.org"))


def test_device_cookie_is_for_http_alone_and_this_site_alone() -> None:
    answer = DeviceMiddleware(lambda asked: (device_remember(asked, "key"), HttpResponse())[1])(request())
    cookie = answer.cookies[settings.DEVICE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def spray(accounts: int, address: str = "203.0.113.5") -> int:
    return sum(tries(1, f"victim{number}@example.org", address) for number in range(accounts))


def test_one_password_on_many_accounts_is_slowed_to_fifty_an_hour() -> None:
    assert spray(500) == 50
    hours_pass(1.1)
    assert spray(500) == 50


def test_sprayer_who_signs_in_with_an_account_of_their_own_redeems_nothing_else() -> None:
    assert spray(49) == 49
    for _time in range(20):
        guess(request("203.0.113.5"), "attacker@example.org").right()
    assert sum(tries(1, f"more{number}@example.org", "203.0.113.5") for number in range(50)) == 1


def test_typing_errors_of_a_campus_are_redeemed_by_the_sign_in_that_follows() -> None:
    campus = "203.0.113.6"
    for number in range(400):
        email = f"student{number}@example.org"
        if number % 3 == 0:
            assert tries(2, email, campus) == 2
        guess(request(campus), email).right()
    assert tries(1, "last@example.org", campus) == 1


def test_guesses_at_a_shut_account_do_not_count_against_the_address() -> None:
    campus = "203.0.113.7"
    assert tries(1000, address=campus) == 10
    assert spray(100, campus) == 40


def test_known_device_gets_in_from_an_address_that_sprays() -> None:
    cookie = known_device()
    spray(100, "203.0.113.8")
    assert tries(1, address="203.0.113.8") == 0
    assert tries(1, address="203.0.113.8", cookie=cookie) == 1


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_source_is_the_address_or_the_network_of_one_customer(address: str, source: str) -> None:
    assert source_of(request(address)) == source


def test_forwarded_address_is_believed_only_from_our_own_proxies(settings: Any) -> None:
    forged = {"HTTP_X_FORWARDED_FOR": "10.9.9.9, 203.0.113.50"}
    assert source_of(request("192.0.2.1", **forged)) == "192.0.2.1"
    settings.TRUSTED_PROXY_COUNT = 1
    assert source_of(request("192.0.2.1", **forged)) == "203.0.113.50"
    settings.TRUSTED_PROXY_COUNT = 3
    assert source_of(request("192.0.2.1", **forged)) == "192.0.2.1"
    settings.TRUSTED_PROXY_COUNT = 1
    assert source_of(request("192.0.2.1", HTTP_X_FORWARDED_FOR="<script>")) == "192.0.2.1"


def test_mails_that_anybody_can_ask_for_are_four_an_hour_to_one_mailbox() -> None:
    sent = 0
    for turn in range(50):
        try:
            mail_asked_for(request(f"198.51.100.{turn}"), OWNER)
        except TooManyAttempts:
            continue
        sent += 1
    assert sent == 4
    mail_asked_for(request(), "other@example.org")


def test_keys_and_marks_say_nothing_about_people() -> None:
    tries(1, address="203.0.113.9")
    kept = str(list(AttemptBucket.objects.values_list("key", "marks")))
    assert "owner" not in kept
    assert "203.0" not in kept


def test_prune_takes_what_no_longer_counts() -> None:
    tries(3)
    assert limits.prune() == 0
    AttemptBucket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert limits.prune() > 0
    assert limits.prune() == 0


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def through(self, act: Any, number: int = 40) -> int:
        barrier = threading.Barrier(number)

        def run(_turn: int) -> bool:
            barrier.wait()
            try:
                act()
            except TooManyAttempts:
                return False
            finally:
                connections.close_all()
            return True

        with ThreadPoolExecutor(number) as threads:
            return sum(threads.map(run, range(number)))

    def test_tries_at_the_same_moment_count_each_other(self) -> None:
        for turn in range(5):
            key = limits.key_of("test", str(turn))
            assert self.through(lambda key=key: take(key, (Rule(10, 3600),))) == 10

    def test_control_reading_before_writing_lets_too_many_through(self) -> None:
        def read_then_write() -> None:
            bucket = AttemptBucket.objects.filter(key="control").first()
            times = bucket.times if bucket else []
            if len(times) >= 10:
                raise TooManyAttempts(60)
            time.sleep(0.05)
            now = timezone.now()
            values = {"times": [*times, now], "marks": [""] * (len(times) + 1), "expires_at": now}
            AttemptBucket.objects.update_or_create(key="control", defaults=values)

        assert self.through(read_then_write) > 10

    def test_count_stays_when_what_follows_fails(self) -> None:
        with pytest.raises(ZeroDivisionError):
            guess(request(), OWNER) and 1 / 0  # a view that breaks after the count
        connections.close_all()
        assert tries(50) == 9
        assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS")
