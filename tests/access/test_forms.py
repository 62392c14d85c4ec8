"""No form is taken from another site, and no text that somebody typed becomes markup on any page."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.template import Context, Template
from django.test import Client

from apps.notifications.models import Notification

from .cast import Cast
from .matrix import API, PAGES
from .personas import granted
from .rows import Row
from .test_matrix import body_of, client_for, thing_of
from .visitors import address, send, text_of, undone

POSTS = [row for row in PAGES if row.method == "POST" and granted(row)]
CALLS = [row for row in API if row.method != "GET" and granted(row)]


def strict(client: Client) -> Client:
    client.handler.enforce_csrf_checks = True
    return client


def who(row: Row) -> str:
    return granted(row)[0]


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_form_without_its_token_is_refused_and_changes_nothing(row: Row, cast: Cast) -> None:
    client = strict(client_for(row, cast.visitors[who(row)]))
    with undone():
        body = body_of(row, cast)
        with cast.watch()() as watch:
            response = send(client, "POST", address(row, thing_of(row, cast)), body)
    assert response.status_code == 403
    assert not watch.changed


@pytest.mark.parametrize("row", CALLS, ids=str)
def test_call_by_session_without_its_token_is_refused_and_changes_nothing(row: Row, cast: Cast) -> None:
    client = strict(cast.visitors[who(row)].browser())
    with undone():
        body = body_of(row, cast)
        with cast.watch()() as watch:
            response = send(client, row.method, address(row, thing_of(row, cast)), body, is_json=True)
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]
    assert not watch.changed


def test_control_form_with_its_token_is_taken(cast: Cast) -> None:
    row = next(row for row in POSTS if row.url_name == "organizations:token_create")
    client = strict(client_for(row, cast.visitors[who(row)]))
    url = address(row, thing_of(row, cast))
    with undone():
        token = client.get(url).context["csrf_token"]
        assert client.post(url, body_of(row, cast) | {"csrfmiddlewaretoken": str(token)}).status_code == 200


class Injected(HTMLParser):
    """What a text would have made of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "xss-probe":
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "onxss" or (name in {"href", "src", "action"} and (value or "").startswith("javascript:")):
                self.found.append(f"<{tag} {name}={value}>")


PAYLOADS = {
    "element": "<xss-probe>",
    "end of an attribute": '"><xss-probe>',
    "end of another": "'><xss-probe>",
    "attribute": '" onxss="1',
    "end of a script": "</script><xss-probe>",
    "address": "javascript:xss()",
    "template": "{{ 7|add:70000000 }}",
}


def _texts(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model that hold free text."""
    return [
        field
        for field in model._meta.concrete_fields
        if type(field) in {models.CharField, models.TextField, models.URLField}
        and not (field.primary_key or field.unique or field.choices or field.is_relation)
        and field.name not in {"password", "language", "content_type", "content_hash", "number", "digest"}
    ]


def spoil(payload: str) -> int:
    """Put the payload into every free text of every row; returns how many columns took it."""
    taken = 0
    for config in apps.get_app_configs():
        for model in config.get_models() if config.name.startswith("apps.") else ():
            if not model._meta.managed or model._meta.model_name.endswith("event"):
                continue
            for field in _texts(model):
                if (field.max_length or 1000) < len(payload):
                    continue
                try:
                    with transaction.atomic():
                        taken += bool(model._base_manager.update(**{field.name: payload}))
                except DatabaseError:
                    # A rule of the database keeps such a text, or any change, out of this column.
                    continue
    Notification.objects.update(params={"title": payload, "number": payload, "name": payload, "url": "/"})
    return taken


@pytest.mark.parametrize("kind", PAYLOADS)
def test_text_that_somebody_typed_stays_text_on_every_page(kind: str, cast: Cast) -> None:
    payload, found, shown = PAYLOADS[kind], [], 0
    with undone():
        assert spoil(payload) > 20
        for row in PAGES:
            personas = [persona for persona in granted(row) if persona in cast.people]
            if row.method != "GET" or not personas:
                continue
            client = client_for(row, cast.visitors[personas[0]])
            client.raise_request_exception = False
            with undone():
                response = send(client, "GET", address(row, thing_of(row, cast)))
                page = text_of(response)
                for close in response._resource_closers:
                    close()
                if "text/html" not in response.headers.get("Content-Type", ""):
                    continue
            shown += escape(payload) in page
            found += [f"{row} as {personas[0]}: {injected}" for injected in Injected(page).found]
            if "70000007" in page:
                found.append(f"{row} as {personas[0]} ran a template")
    assert found == [], "\n".join(found)
    assert shown > 15, f"shown on {shown} pages only"


def test_control_text_that_is_not_escaped_is_found() -> None:
    for kind, payload in PAYLOADS.items():
        if kind != "template":
            bare = "<a href=\"{{ text|safe }}\" title='{{ text|safe }}'>{{ text|safe }}</a>"
            assert Injected(Template(bare).render(Context({"text": payload}))).found, kind
