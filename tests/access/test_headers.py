"""Headers and cookies of every answer, asked over the whole matrix under the settings of https."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from django.urls import reverse

from collab_portal.settings.https import HTTPS

from .cast import Cast
from .matrix import API, PAGES
from .personas import granted
from .rows import Row
from .test_matrix import body_of, thing_of
from .visitors import Visitor, address, send, undone

YEAR = 31_536_000
SAME_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains; preload",
}


@pytest.fixture(autouse=True)
def _https(settings: Any) -> None:
    for name, value in HTTPS.items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["testserver"]


def faults(response: Any, *, static: bool = False) -> Iterator[str]:
    """What is missing in the headers of an answer."""
    headers = response.headers
    for name, value in SAME_EVERYWHERE.items():
        if headers.get(name) != value:
            yield f"{name}: {headers.get(name)}"
    policy = headers.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    if "'unsafe-inline'" in policy or "'unsafe-eval'" in policy:
        yield f"unsafe: {policy}"
    for name, value in {"default-src": "'self'", "frame-ancestors": "'none'", "object-src": "'none'"}.items():
        if directives.get(name) != value:
            yield f"{name}: {policy}"
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        yield "Permissions-Policy"
    if not static and headers.get("Cache-Control") != "no-store":
        yield f"Cache-Control: {headers.get('Cache-Control')}"
    for name, cookie in response.cookies.items():
        right = cookie["secure"] and cookie["httponly"] and cookie["samesite"] in {"Lax", "Strict"}
        if not (right and name.startswith("__Host-") and cookie["path"] == "/" and not cookie["domain"]):
            yield f"cookie: {cookie.OutputString()}"


def with_cookie_names_of_https(visitor: Visitor) -> Visitor:
    """The visitor's session under the name that it has by https."""
    cookies = SimpleCookie(visitor.cookies)
    session = cookies.get(portal_settings.SESSION_COOKIE_NAME) or cookies["sessionid"]
    return Visitor(f"{HTTPS['SESSION_COOKIE_NAME']}={session.value}", visitor.tokens)


def asked(row: Row, cast: Cast, client: Client) -> Any:
    client.defaults |= {"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_PROTO": "https"}
    with undone():
        response = send(
            client, row.method, address(row, thing_of(row, cast)), body_of(row, cast), is_json=bool(row.path)
        )
        if response.streaming:
            for close in response._resource_closers:
                close()
        return response


def _visits(row: Row, cast: Cast) -> Iterator[tuple[str, Client, bool]]:
    """Nobody, and the first who may: name, client, whether it must get in."""
    yield "nobody", Client(), False
    for persona in granted(row):
        if persona in cast.people:
            visitor = with_cookie_names_of_https(cast.visitors[persona])
            yield persona, visitor.rest() if row.path and not row.in_session else visitor.browser(), True
            return


@pytest.mark.parametrize("rows", [pytest.param(PAGES, id="pages"), pytest.param(API, id="api")])
def test_every_answer_of_the_matrix_carries_the_headers(rows: list[Row], cast: Cast) -> None:
    found, got_in = [], 0
    for row in rows:
        for persona, client, must_get_in in _visits(row, cast):
            response = asked(row, cast, client)
            got_in += must_get_in and response.status_code < 400
            found += [f"{row} as {persona}: {fault}" for fault in faults(response)]
    assert found == [], "\n".join(found)
    assert got_in > len(rows) * 0.9


def _get(path: str, **extra: str) -> Any:
    return Client(raise_request_exception=False).get(path, secure=True, **extra)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/no/such/page/", 404),
        ("/api/v1/no/such/", 404),
        ("/admin/", 302),
        ("/admin/login/", 302),
        ("/agreements", 301),
        ("/accounts/login/", 200),
        ("/accounts/password/reset/", 200),
        ("/accounts/signup/", 200),
        ("/.git/config", 404),
        ("/static/nothing.js", 404),
    ],
)
def test_answers_outside_the_matrix_carry_the_headers(path: str, status: int, db: None) -> None:
    response = _get(path)
    assert response.status_code == status
    assert list(faults(response)) == []


def test_static_file_carries_the_headers_and_may_be_kept(settings: Any, db: None) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    response = _get("/static/css/base.css")
    assert response.status_code == 200
    assert list(faults(response, static=True)) == []
    assert b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    assert "no-store" not in response.headers.get("Cache-Control", "")
    assert "Access-Control-Allow-Origin" not in response.headers


def test_plain_http_is_led_to_https_with_the_headers(db: None) -> None:
    response = Client().get("/agreements/")
    assert (response.status_code, response.url) == (301, "https://testserver/agreements/")
    assert [fault for fault in faults(response) if "Strict-Transport" not in fault] == []


def test_unknown_host_is_refused_with_the_headers(db: None) -> None:
    response = _get("/accounts/login/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()
    assert list(faults(response)) == []


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"])
def test_methods_that_nothing_needs_are_refused(method: str, db: None) -> None:
    for path in ("/healthz", "/agreements/", "/static/css/base.css"):
        response = Client().generic(method, path, secure=True, HTTP_COOKIE="__Host-session=secret")
        assert response.status_code == 405
        assert "secret" not in response.content.decode()
        assert list(faults(response)) == []


def test_page_that_breaks_shows_nothing_of_the_inside(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3cret-of-the-inside"

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"{secret} {portal_settings.SECRET_KEY}")

    monkeypatch.setattr("apps.core.lists.keyset_page", broken)
    visitor = with_cookie_names_of_https(cast.visitors["school"])
    browser = visitor.browser()
    browser.raise_request_exception = False
    response = browser.get(reverse("agreements:agreement_list"), secure=True)
    assert response.status_code == 500
    body = response.content.decode()
    for inside in (secret, portal_settings.SECRET_KEY, "Traceback", "RuntimeError", "/apps/", "postgres"):
        assert inside not in body
    assert list(faults(response)) == []


def test_sign_in_sets_its_cookies_for_this_host_alone(cast: Cast) -> None:
    browser = Client()
    with undone():
        login = reverse("account_login")
        browser.get(login, secure=True)
        email = cast.people["student"].user.email
        response = browser.post(login, {"login": email, "password": "correct horse battery"}, secure=True)
        assert response.status_code == 302
        assert list(faults(response)) == []
    assert {"__Host-session", "__Host-csrf", "__Host-device"} <= set(browser.cookies)


def test_choice_of_language_and_theme_sets_its_cookies_for_this_host_alone(db: None) -> None:
    response = Client().post(reverse("accounts:preferences"), {"language": "zh-hans", "theme": "dark"}, secure=True)
    assert set(response.cookies) == {"__Host-language", "__Host-theme"}
    assert list(faults(response)) == []


def test_page_that_leads_to_a_provider_lets_its_form_go_there_and_no_other_does(db: None) -> None:
    form_action = re.compile(r"form-action ([^;]*)")
    for path, allowed in ((reverse("organizations:organization_sign_in"), "https:"), (reverse("account_login"), "")):
        response = _get(path)
        assert list(faults(response)) == []
        targets = form_action.search(response.headers["Content-Security-Policy"])
        assert targets is not None
        assert set(targets[1].split()) - {"http:"} == {"'self'", *filter(None, [allowed])}


def test_control_an_answer_without_the_middleware_is_found(settings: Any, db: None) -> None:
    outer = {"apps.core.headers.HeadersMiddleware", "csp.middleware.CSPMiddleware"}
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name not in outer]
    found = " ".join(faults(_get("/healthz")))
    for name in ("default-src", "frame-ancestors", "Permissions-Policy", "Cache-Control", "Cross-Origin-Resource"):
        assert name in found


def test_pages_have_no_inline_script_style_or_handler(cast: Cast) -> None:
    """What the policy would block, so that nobody is tempted to weaken it."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=\"|\son[a-z]+=\""
    )
    found = []
    for row in PAGES:
        if row.method == "GET":
            for persona, client, must_get_in in _visits(row, cast):
                response = asked(row, cast, client)
                if must_get_in and "text/html" in response.headers.get("Content-Type", "") and not response.streaming:
                    found += [f"{row} as {persona}: {match}" for match in inline.findall(response.content.decode())]
    assert found == [], "\n".join(found)
