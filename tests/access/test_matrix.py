"""Every address, asked as everybody: what a row does not grant is refused, without a trace and without a hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from apps.agreements.models import AgreementQuerySet
from apps.core.errors import ALLOWED

from . import bodies
from .cast import Cast
from .matrix import API, PAGES
from .personas import ANONYMOUS, DISABLED, FOREIGNERS, GROUPS, NO_MEMBER, OVER, PERSONAS, expected, granted
from .probes import view_of
from .rows import Row, page
from .visitors import NOT_EXISTING, Visitor, absent, address, send, stable, undone, words

OUTSIDERS = {ANONYMOUS, DISABLED, *NO_MEMBER, *FOREIGNERS}
SIGN_IN = tuple(reverse(name) for name in ("account_login", "account_reauthenticate", "mfa_reauthenticate"))


@dataclass
class Answer:
    status: int
    body: str
    location: str
    changed: set[str]
    compared: tuple[int, str]

    @property
    def is_refusal(self) -> bool:
        return self.status in {401, 403, 404} or (self.status == 302 and self.location.startswith(SIGN_IN))


def body_of(row: Row, cast: Cast) -> dict[str, Any]:
    data = row.data(cast) if callable(row.data) else row.data
    return {name: value(cast) if callable(value) else value for name, value in data.items()}


def thing_of(row: Row, cast: Cast) -> Any:
    return cast.things[row.thing] if row.thing else None


def client_for(row: Row, visitor: Visitor, scope: str = "write") -> Client:
    return visitor.rest(scope) if row.path and not row.in_session else visitor.browser()


def ask(row: Row, cast: Cast, client: Client, thing: Any) -> Answer:
    """Ask, and put everything back."""
    with undone():
        body = body_of(row, cast)
        with cast.watch()() as watch:
            response = send(client, row.method, address(row, thing), body, is_json=bool(row.path))
            compared = stable(response)
        return Answer(response.status_code, compared[1], response.headers.get("Location", ""), watch.changed, compared)


def ask_as(row: Row, cast: Cast, persona: str, thing: Any = None) -> Answer:
    client = client_for(row, cast.visitors[persona])
    return ask(row, cast, client, thing if thing is not None else thing_of(row, cast))


def faults(row: Row, cast: Cast, persona: str) -> Iterator[str]:
    """What is wrong with the answer: a status not promised, a trace of a refused act, a foreign name, a hint."""
    promised, answer = expected(row, persona), ask_as(row, cast, persona)
    what = f"{row} [{row.thing}] as {persona}"
    if persona == "suspended" and persona not in row.expected and answer.is_refusal:
        promised = None  # told on most pages that the organization is suspended
    if promised is None and not answer.is_refusal:
        yield f"{what}: {answer.status} is an unexpected grant: {words(answer.body)}"
        return
    if promised is not None and answer.status != promised:
        yield f"{what}: {answer.status} instead of {promised}: {words(answer.body)} {answer.location}"
        return
    is_refused = answer.is_refusal or answer.status >= 400
    if answer.changed and (is_refused or row.method == "GET"):
        yield f"{what}: {answer.status} changed {sorted(answer.changed)}"
    is_given = promised is not None and promised < 400 and row.thing
    if cast.canary in answer.body and (answer.status == 404 or (persona in OUTSIDERS and not is_given)):
        yield f"{what}: {answer.status} shows what is foreign"
    if is_refused and row.thing and (answer.status == 404 or (persona in OUTSIDERS and promised is None)):
        nothing = ask_as(row, cast, persona, absent(thing_of(row, cast)))
        if nothing.compared != answer.compared:
            hint = f"{answer.status} {words(answer.body)} | {nothing.status} {words(nothing.body)}"
            yield f"{what}: not like what does not exist: {hint}"


def _groups() -> list[Any]:
    names: dict[str, list[Row]] = {}
    for row in [*PAGES, *API]:
        names.setdefault(row.url_name.split(":")[0] or f"/{row.path.split('/')[1]}", []).append(row)
    return [pytest.param(rows, id=name) for name, rows in names.items()]


@pytest.mark.parametrize("rows", _groups())
def test_everybody_gets_what_the_matrix_says_and_nothing_more(rows: list[Row], cast: Cast) -> None:
    found = [fault for row in rows for persona in PERSONAS for fault in faults(row, cast, persona)]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("rows", _groups())
def test_read_token_writes_nothing_and_reads_the_same(rows: list[Row], cast: Cast) -> None:
    found = []
    for row in rows:
        with_token = [persona for persona in granted(row) if persona in cast.people]
        if not row.path or row.in_session or not with_token:
            continue
        persona = with_token[0]
        answer = ask(row, cast, cast.visitors[persona].rest("read"), thing_of(row, cast))
        promised = expected(row, persona) if row.method == "GET" else 403
        if answer.status != promised or answer.changed:
            found.append(f"{row} as {persona} with a read token: {answer.status} {sorted(answer.changed)}")
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("rows", _groups())
def test_token_opens_no_page_and_a_session_the_same_of_the_api(rows: list[Row], cast: Cast) -> None:
    found = []
    for row in rows:
        persona = next((persona for persona in granted(row) if persona in cast.people), None)
        if persona is None or expected(row, ANONYMOUS) not in {302, 401}:
            continue
        visitor = cast.visitors[persona]
        client = visitor.browser() if row.path else visitor.rest()
        answer = ask(row, cast, client, thing_of(row, cast))
        promised = expected(row, persona) if row.path else 302
        if answer.status != promised:
            found.append(f"{row} as {persona}: {answer.status} instead of {promised}: {words(answer.body)}")
    assert found == [], "\n".join(found)


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _addresses() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in [*PAGES, *API]:
        found.setdefault((row.url_name, row.path), []).append(row)
    return found


def test_methods_that_no_row_names_do_nothing(cast: Cast) -> None:
    found = []
    for (url_name, path), rows in _addresses().items():
        persona = next(iter(granted(rows[0])), "school")
        if not view_of(rows[0], cast).__module__.startswith("apps."):
            continue  # django-allauth's own, about the asker's own account; what they change has rows
        for method in sorted(set(METHODS) - {row.method for row in rows}):
            row = Row(expected={}, url_name=url_name, path=path, method=method, thing=rows[0].thing)
            answer = ask_as(row, cast, persona)
            if (answer.status != 405 and not answer.is_refusal) or answer.changed:
                found.append(f"{row} as {persona}: {answer.status} {sorted(answer.changed)}")
    assert found == [], "\n".join(found)


def test_nobody_is_sent_to_sign_in(cast: Cast) -> None:
    for row in PAGES:
        for persona in (ANONYMOUS, DISABLED):
            if expected(row, persona) == 302:
                assert ask_as(row, cast, persona).location.startswith(SIGN_IN[0]), f"{row} as {persona}"


def test_whose_right_is_over_has_no_token(cast: Cast) -> None:
    for persona in OVER:
        for scope in ("read", "write"):
            assert cast.visitors[persona].rest(scope).get("/api/v1/notifications/").status_code == 401, persona


def test_every_persona_is_cast(cast: Cast) -> None:
    assert set(cast.visitors) == set(PERSONAS)
    assert {persona for group in GROUPS.values() for persona in group} <= set(PERSONAS)
    assert not get_user_model().objects.filter(pk=NOT_EXISTING).exists()


# --- controls: with a guard removed the matrix complains ---


def test_faults_finds_visibility_removed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgreementQuerySet, "visible_to", lambda rows, actor: rows)
    detail = page("agreements:agreement_detail", "agreement", school=200)
    assert "unexpected grant" in next(faults(detail, cast, "foreign_school"))
    rows = page("agreements:agreement_list", members=200)
    assert "shows what is foreign" in next(faults(rows, cast, "foreign_school"))


def test_faults_finds_a_policy_removed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("services", "views"):
        monkeypatch.setattr(f"apps.agreements.{place}.circuit.can_sign", lambda actor, version: ALLOWED)
    refuse = page("agreements:agreement_refuse", "submitted_agreement", post=bodies.REASON, schools=302)
    assert "unexpected grant" in next(faults(refuse, cast, "school_observer"))


def test_faults_finds_a_row_that_promises_less_than_is_given(cast: Cast) -> None:
    closed = page("agreements:agreement_detail", "agreement")
    assert "unexpected grant" in next(faults(closed, cast, "school"))


def test_faults_finds_a_look_that_writes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    opens = page("notifications:open", "delivery", post={}, school=403)
    answer = ask_as(opens, cast, "school")
    assert answer.changed == {"notifications_delivery"}


def test_the_api_describes_itself_to_members_alone(cast: Cast) -> None:
    for name in ("api:schema", "api:docs"):
        for persona in (ANONYMOUS, DISABLED):
            assert cast.visitors[persona].browser().get(reverse(name)).status_code == 401
        assert cast.visitors["student"].browser().get(reverse(name)).status_code == 200


def test_admin_is_for_staff_alone(cast: Cast) -> None:
    for persona in PERSONAS:
        browser = cast.visitors[persona].browser()
        for path in ("/admin/", "/admin/accounts/user/"):
            status = browser.get(path).status_code
            assert status == 302 if persona not in {"staff", "suspended"} else status in {200, 403}, persona
