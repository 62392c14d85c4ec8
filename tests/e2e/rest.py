"""A REST client that knows nothing but the OpenAPI document and a token, or the session of a person."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.support.totp import fresh_code


class Document:
    """The OpenAPI document: where an operation is, and what it says that it answers."""

    def __init__(self, base_url: str, token: str) -> None:
        answer = httpx.get(f"{base_url}/api/v1/schema/", params={"format": "json"}, headers=_headers(token))
        answer.raise_for_status()
        self.base_url = base_url
        self.operations: dict[str, tuple[str, str, dict[str, Any]]] = {
            operation["operationId"]: (method, path, operation)
            for path, operations in answer.json()["paths"].items()
            for method, operation in operations.items()
        }


class Rest:
    """One token. ``call("agreements_sign_create", id=3, body={…})`` returns the documented answer."""

    def __init__(self, document: Document, token: str) -> None:
        self.document = document
        self.client = httpx.Client(base_url=document.base_url, headers=_headers(token), timeout=30)

    def call(
        self, operation_id: str, *, expect: int | None = None, body: Any = None, query: Any = None, **path: Any
    ) -> Any:
        method, template, operation = self.document.operations[operation_id]
        response = self.client.request(method.upper(), template.format(**path), json=body, params=query)
        documented = operation["responses"]
        assert str(response.status_code) in documented, f"{operation_id}: {response.status_code} {response.text}"
        media = response.headers["Content-Type"].split(";")[0]
        assert media in documented[str(response.status_code)]["content"], f"{operation_id}: {media} is not documented"
        wanted = expect or int(next(status for status in documented if status.startswith("2")))
        assert response.status_code == wanted, f"{operation_id}: {response.text}"
        return response.json()


def signed_in(document: Document, login: dict[str, str]) -> Rest:
    """The session of a demo person who passed the sign-in form and gave the second factor just now."""
    rest = Rest(document, "")
    browser = rest.client
    del browser.headers["Authorization"]
    page = browser.get("/accounts/login/")
    answer = _send(browser, page, login=login["email"], password=login["password"])
    if login["totp_secret"]:
        answer = _send(browser, browser.get(answer.headers["Location"]), code=fresh_code(login["totp_secret"]))
    assert answer.headers["Location"] == "/", answer.text
    browser.headers["X-CSRFToken"] = _csrf(browser.get("/"))
    return rest


def set_up_factor(rest: Rest) -> None:
    """An authenticator app for a person who has none; setting it up confirms who they are."""
    browser = rest.client
    page = browser.get("/accounts/2fa/totp/activate/")
    found = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', page.text) or re.search(
        r'value="([A-Z2-7]+)"[^>]*id="authenticator_secret"', page.text
    )
    assert found, page.text
    answer = _send(browser, page, code=fresh_code(found[1]))
    assert answer.status_code == 302, answer.text
    browser.headers["X-CSRFToken"] = _csrf(browser.get("/"))


def _send(browser: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    return browser.post(str(page.url), data=fields | {"csrfmiddlewaretoken": _csrf(page)})


def _csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
