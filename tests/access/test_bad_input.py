"""Bad input at every form and every endpoint: a clear message at the right place, and nothing changed.

The bodies are the matrix's valid ones with one field spoiled at a time, or with nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .cast import Cast
from .matrix import API, PAGES
from .personas import granted
from .rows import Row
from .test_matrix import body_of, client_for, thing_of
from .visitors import address, undone

NUL = "\x00"
"""No field of a form takes it: not a text, a number, a date or a choice."""
OBJECT = {"unexpected": ["object"]}
"""No field of the API takes it."""
NOT_READ = {
    ("privacy:erasure_ask", "understood"),
    ("privacy:paper_consent", "held"),
    ("agreements:agreement_sign", "agree"),
    ("agreements:sign_many", "agree"),
    ("agreements:agreement_terminate", "confirmed"),
    ("organizations:identity_provider_edit", "domain"),
    ("universities:roster_detail", "create_missing"),
}
"""A tick is a tick whatever its value."""
NO_FORM = {"portal:membership_switch"}


def _with_input(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.method != "GET" and row.data and row.url_name not in NO_FORM and granted(row)]


def _spoiled(row: Row, cast: Cast, bad: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field in turn replaced by ``bad``."""
    valid = body_of(row, cast)
    for field in valid:
        if (row.url_name, field) not in NOT_READ:
            yield field, valid | {field: bad}


@pytest.mark.parametrize("row", _with_input(PAGES), ids=str)
def test_form_with_a_bad_value_says_so_and_changes_nothing(row: Row, cast: Cast) -> None:
    browser = client_for(row, cast.visitors[granted(row)[0]])
    url = address(row, thing_of(row, cast))
    for field, body in [("", {}), *_spoiled(row, cast, NUL)]:
        with undone(), cast.watch()() as watch:
            response = browser.post(url, body)
        assert response.status_code == 422, f"{row}, {field or 'empty'}: {response.status_code}"
        errors = response.context["form"].errors
        assert errors, f"{row}, {field or 'empty'}: no message"
        assert not field or field in errors or "__all__" in errors, f"{row}, {field}: {errors}"
        assert not watch.changed, f"{row}, {field or 'empty'} changed {watch.changed}"


@pytest.mark.parametrize("row", _with_input(API), ids=str)
def test_endpoint_with_a_bad_value_says_so_and_changes_nothing(row: Row, cast: Cast) -> None:
    client = client_for(row, cast.visitors[granted(row)[0]])
    path = address(row, thing_of(row, cast))
    for field, body in [("", {}), *_spoiled(row, cast, OBJECT)]:
        with undone(), cast.watch()() as watch:
            text = json.dumps(body, default=str)
            response = client.generic(row.method, path, text, content_type="application/json")
        assert response.status_code == 400, f"{row}, {field or 'empty'}: {response.status_code} {response.content!r}"
        problem = response.json()
        names = {name.split(".")[0] for name in problem["errors"]}
        assert names, f"{row}, {field or 'empty'}: no message"
        assert not field or field in names, f"{row}, {field}: {problem}"
        assert not watch.changed, f"{row}, {field or 'empty'} changed {watch.changed}"


def test_body_that_is_not_json_is_a_problem(cast: Cast) -> None:
    client = cast.visitors["school"].rest()
    for body in ("{", "[]", '"text"', ""):
        response = client.generic("POST", "/api/v1/agreements/", body, content_type="application/json")
        assert response.status_code == 400, body
        assert response.headers["Content-Type"] == "application/problem+json"
