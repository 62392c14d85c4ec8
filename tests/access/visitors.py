"""Asking the portal as somebody, and seeing what that changed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from django.core import mail
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from apps.organizations.models import Membership
from tests.factories.organizations import SYSTEM, confirm, sign_in, token_create

NOT_EXISTING = 999_999_999
CONFIRMED_SECONDS = 60
"""The second factor is given again before it is too old, however long the module takes."""
PASSING = {
    "django_session",
    "usersessions_usersession",
    "cache",
    "accounts_attemptbucket",
}
"""Tables in which asking alone may leave a trace: sessions, and what counts against limits."""
PASSING_COLUMNS = {"organizations_apitoken": ("last_used_at", "last_address")}


@dataclass
class Visitor:
    """Somebody with the cookies of a session, and the header of a token where they have one."""

    cookies: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    user: Any = None
    confirmed_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, member: Membership) -> Visitor:
        browser = Client()
        sign_in(browser, member)
        scopes = {scope: _token(member, scope) for scope in ("read", "write")}
        return cls(browser.cookies.output(header=""), scopes, member.user)

    @classmethod
    def without_membership(cls, user: Any) -> Visitor:
        browser = Client()
        browser.force_login(user)
        confirm(browser, user)
        return cls(browser.cookies.output(header=""), user=user)

    def browser(self) -> Client:
        client = Client()
        client.cookies = SimpleCookie(self.cookies)
        if self.user and time.monotonic() - self.confirmed_at > CONFIRMED_SECONDS:
            confirm(client, self.user)
        return client

    def rest(self, scope: str = "write") -> Client:
        """With the token of this scope; with the session where there is no token."""
        if scope not in self.tokens:
            return self.browser()
        return Client(HTTP_AUTHORIZATION=f"Bearer {self.tokens[scope]}")


def _token(member: Membership, scope: str) -> str:
    _row, secret = token_create(SYSTEM, membership_id=member.pk, name="matrix", scope=scope)
    return secret


def send(client: Client, method: str, url: str, body: dict[str, Any] | None = None, *, is_json: bool = False) -> Any:
    """The answer to one request; pages take forms, the API takes JSON."""
    if method == "GET":
        return client.get(url)
    if is_json:
        return client.generic(method, url, json.dumps(body or {}, default=str), content_type="application/json")
    return client.post(url, body or {}) if method == "POST" else client.generic(method, url)


def address(row: Any, thing: Any) -> str:
    """The address of a row for ``thing``: a model's row, or the parts of an address in order."""
    parts = list(thing) if isinstance(thing, list | tuple) else [] if thing is None else [thing]
    keys = [part.pk if isinstance(part, models.Model) else part for part in parts]
    if row.path:
        return "/api/v1" + re.sub(r"\{\w+\}", lambda match: str(keys.pop(0)), row.path)
    return reverse(row.url_name, args=keys)


def absent(thing: Any) -> Any:
    """The same thing with a key that does not exist."""
    if isinstance(thing, models.Model):
        other = copy(thing)
        other.pk = NOT_EXISTING
        return other
    return [absent(part) if isinstance(part, models.Model) else part for part in thing]


def text_of(response: Any) -> str:
    """The body, streamed or not."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def look(client: Client, url: str) -> Any:
    """The answer to a GET, read to its end, as that closes what it streams from."""
    response = client.get(url)
    if response.streaming:
        response.content_read = b"".join(response.streaming_content)
    return response


def stable(response: Any) -> tuple[int, str]:
    """Status and body without what differs in any two answers: CSRF tokens, nonces and the address itself."""
    body = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", text_of(response))
    return response.status_code, re.sub(r'name="next" value="[^"]*"|nonce="[^"]*"', "", body).replace(
        str(NOT_EXISTING), ""
    )


def words(body: str) -> str:
    """The gist of an answer, for the message of a failed test."""
    return " ".join(re.sub(r"<[^>]*>", " ", body.rsplit("<main", maxsplit=1)[-1]).split())[:200]


# --- what was changed ---

_COUNTS = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""


def _written() -> dict[str, int]:
    """How many rows this transaction has written in each table, also those that were taken back."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return {table: count for table, count in cursor.fetchall() if table not in PASSING}


def _tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - PASSING)


def fingerprint(tables: list[str] | None = None) -> dict[str, str]:
    """What stands in every table, by one statement."""
    parts = []
    for table in tables or _tables():
        row = (
            " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in PASSING_COLUMNS[table])])
            if table in PASSING_COLUMNS
            else "t"
        )
        digest = f"md5(coalesce(string_agg(({row})::text, '' ORDER BY ({row})::text), ''))"
        parts.append(f"SELECT '{table}', {digest} FROM {table} t")  # noqa: S608  # names of tables
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


class Watch:
    """What a request changed: the tables written to, and mail sent. Rows written and taken back do not count."""

    def __init__(self, base: dict[str, str]) -> None:
        self.base, self.changed = base, set[str]()

    @contextmanager
    def __call__(self) -> Iterator[Watch]:
        before, mails = _written(), len(mail.outbox)
        yield self
        touched = [table for table, count in _written().items() if count != before.get(table, 0)]
        now = fingerprint(touched) if touched else {}
        self.changed = {table for table in touched if now[table] != self.base.get(table)}
        if len(mail.outbox) != mails:
            self.changed.add("mail")


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
