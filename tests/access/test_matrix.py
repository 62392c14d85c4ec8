"""Each row of the matrix, for each persona that it names, and for nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from apps.agreements.models import AgreementQuerySet
from apps.organizations.models import Membership
from tests.factories.organizations import rest_client, session_client, sign_in

from .cast import ANONYMOUS, Cast, build_cast
from .matrix import API, PAGES
from .rows import Row, page

pytestmark = pytest.mark.django_db
UNCHANGING = {
    model._meta.db_table
    for config in apps.get_app_configs()
    if config.name.startswith("apps.")
    for model in config.get_models()
} - {"organizations_apitoken"}


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def fingerprint() -> dict[str, Any]:
    """What stands in every table of the portal: a denied act leaves all of it as it was."""
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(UNCHANGING):
            rows = f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"  # noqa: S608  # names of models
            cursor.execute(rows)
            found[table] = cursor.fetchone()
    return found


def body_of(row: Row, cast: Cast) -> dict[str, Any]:
    data = row.data(cast) if callable(row.data) else row.data
    return {name: value(cast) if callable(value) else value for name, value in data.items()}


Send = Callable[[], Any]


def prepare(row: Row, cast: Cast, persona: str) -> Send:
    """Sign in and make the body; what is returned sends the request."""
    return _prepare_call(row, cast, persona) if row.path else _prepare_page(row, cast, persona)


def ask(row: Row, cast: Cast, persona: str) -> Any:
    return prepare(row, cast, persona)()


def _prepare_page(row: Row, cast: Cast, persona: str) -> Send:
    browser = Client()
    if persona != ANONYMOUS:
        sign_in(browser, cast.people[persona])
    url = reverse(row.url_name, args=[cast.key(row.thing)] if row.thing else [])
    if row.method == "GET":
        return lambda: browser.get(url)
    body = body_of(row, cast)
    return lambda: browser.post(url, body)


def _prepare_call(row: Row, cast: Cast, persona: str) -> Send:
    client = _client(row, cast.people[persona]) if persona != ANONYMOUS else Client()
    path = "/api/v1" + row.path.replace("{id}", str(cast.key(row.thing)) if row.thing else "")
    if row.method == "GET":
        return lambda: client.get(path)
    body = json.dumps(body_of(row, cast), default=str)
    return lambda: client.generic(row.method, path, body, content_type="application/json")


def _client(row: Row, member: Membership) -> Client:
    return session_client(member) if row.in_session else rest_client(member)


def faults(row: Row, cast: Cast, persona: str, status: int) -> Iterator[str]:
    """What is wrong with the answer: its status, a change made by a refused act, a foreign name in the body."""
    send = prepare(row, cast, persona)
    is_refused_act = row.method != "GET" and (status >= 400 or persona == ANONYMOUS)
    before = fingerprint() if is_refused_act else {}
    with nothing_written() if row.method == "GET" else nullcontext():
        response = send()
    body = response.content.decode()
    if response.status_code != status:
        yield f"{row} [{row.thing}] as {persona}: {response.status_code} instead of {status}: {_words(body)}"
    elif is_refused_act and fingerprint() != before:
        yield f"{row} [{row.thing}] as {persona} was refused and changed something"
    if (status == 404 or (_is_outsider(persona) and not row.thing)) and cast.canary in body:
        yield f"{row} [{row.thing}] shows {persona} what is foreign"


def _is_outsider(persona: str) -> bool:
    return persona == "stranger" or persona.startswith("foreign")


def _words(body: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", body.rsplit("<main", maxsplit=1)[-1]).split())[:200]


@contextmanager
def nothing_written() -> Iterator[None]:
    """A GET looks and changes nothing: a statement that writes is an error."""

    def guard(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        assert not re.match(r"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", sql, re.S), sql[:200]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(guard):
        yield


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _groups() -> list[Any]:
    names: dict[str, list[Row]] = {}
    for row in [*PAGES, *API]:
        names.setdefault(row.url_name.split(":")[0] or f"/{row.path.split('/')[1]}", []).append(row)
    return [pytest.param(rows, id=name) for name, rows in names.items()]


@pytest.mark.parametrize("rows", _groups())
def test_everyone_gets_what_the_matrix_says(rows: list[Row], cast: Cast) -> None:
    found = []
    for row in rows:
        for persona, status in {ANONYMOUS: 401 if row.path else 302, **row.expected}.items():
            with undone():
                found += faults(row, cast, persona, status)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("rows", _groups())
def test_foreign_is_like_not_existing(rows: list[Row], cast: Cast) -> None:
    """The same body for what is foreign as for what is not there."""
    found = []
    for row in rows:
        for persona in [persona for persona, status in row.expected.items() if status == 404 and row.thing]:
            with undone():
                foreign = ask(row, cast, persona)
            with undone(), without(cast, row.thing):
                absent = ask(row, cast, persona)
            if _stable(foreign) != _stable(absent):
                found.append(
                    f"{row} [{row.thing}] as {persona}: {_words(_stable(foreign))} | {_words(_stable(absent))}"
                )
    assert found == [], "\n".join(found)


@contextmanager
def without(cast: Cast, name: str) -> Iterator[None]:
    """Inside, the key of this thing is one that does not exist."""
    real = cast.things[name]
    cast.things[name] = copy(real)
    cast.things[name].pk = 999_999_999
    try:
        yield
    finally:
        cast.things[name] = real


def _stable(response: Any) -> str:
    """The body without what differs in any two answers: CSRF tokens and the address itself."""
    body = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", response.content.decode())
    return re.sub(r'name="next" value="[^"]*"', "", body)


def test_nobody_is_sent_to_sign_in(cast: Cast) -> None:
    for row in PAGES:
        assert ask(row, cast, ANONYMOUS).url.startswith(reverse("account_login")), row


def test_faults_finds_a_grant_too_many_and_a_leak(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with visibility removed from agreements, the matrix must complain."""
    monkeypatch.setattr(AgreementQuerySet, "visible_to", lambda rows, actor: rows)
    detail = page("agreements:agreement_detail", "agreement", foreign_school=404)
    assert list(faults(detail, cast, "foreign_school", 404)) != []
    assert list(faults(page("agreements:agreement_list"), cast, "foreign_school", 200)) != []


def test_nothing_written_finds_a_look_that_writes(cast: Cast) -> None:
    opens = page("notifications:open", "delivery", post={}, school=302)
    send = prepare(opens, cast, "school")
    with pytest.raises(AssertionError, match='UPDATE "notifications_delivery"'), nothing_written():
        send()


def test_the_api_describes_itself_to_members_alone(cast: Cast) -> None:
    for name in ("api:schema", "api:docs"):
        assert Client().get(reverse(name)).status_code == 401
        browser = Client()
        sign_in(browser, cast.people["student"])
        assert browser.get(reverse(name)).status_code == 200


def test_admin_is_for_staff_alone(cast: Cast) -> None:
    for persona in ("school_administrator", "government", "student"):
        browser = Client()
        sign_in(browser, cast.people[persona])
        assert browser.get("/admin/").status_code == 302
        assert browser.get("/admin/accounts/user/").status_code == 302
