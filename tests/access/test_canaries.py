"""What is foreign stays unseen whatever is asked: names in lists, filters, searches, exports, choices, counts and bodies.

Every text of the world is marked; to the personas of its twin, of partners and of nobody, no answer may hold a mark.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from apps.accounts.models import User
from apps.agreements.models import AgreementQuerySet, Mode
from apps.evaluations.models import EvaluationScheme
from apps.organizations.models import Membership, Unit
from apps.universities.models import TeacherProfile
from tests.factories.chain import make_application, make_placement

from .cast import Cast
from .matrix import API, PAGES
from .personas import FOREIGNERS, expected, granted
from .probes import (
    NO_SECRET,
    PARAMETERS,
    PUBLIC_MODELS,
    READ_ALOUD,
    TWINS,
    queries,
    relations,
    rows_of_world,
    text_in,
    view_of,
    without_echo,
)
from .rows import Row, page
from .test_matrix import ask, body_of, client_for, thing_of
from .visitors import NOT_EXISTING, address, fingerprint, undone

CURIOUS = (*FOREIGNERS, "outsider", "ended")
THOROUGH = {
    "foreign_school_administrator",
    "foreign_firm",
    "foreign_academic_tutor",
    "foreign_student",
    "foreign_government",
}
"""They ask with every value of every parameter, the others what narrows nothing: the whole, the search, the files."""
KEYED = {"intake", "position", "placement", "round", "scheme", "base", "unit"}
"""Filters by the key of what not every member may know: an answer does not tell a foreign key from none."""
NOT_A_NAME = {
    "email",
    "password",
    "code",
    "digest",
    "content_hash",
    "language",
    "theme",
    "url",
    "domain",
    "issuer",
    "encoding",
    "delimiter",
}


@pytest.fixture(scope="module")
def marked_cast(module_cast: Cast) -> Cast:
    """The cast with a mark in every text of the world that has one, and with things of the twin to name in bodies."""
    cast, twin = module_cast, module_cast.twin
    cast.things |= {
        "foreign_application": make_application(twin),
        "foreign_placement": make_placement(twin),
        "foreign_scheme": EvaluationScheme.objects.create(
            organization=twin.university, title="Twin", state="published", published_at=timezone.now()
        ),
        "teacher": TeacherProfile.objects.create(
            membership=cast.world.academic_tutor, university=cast.world.university, staff_number="CANARY 1"
        ),
        "foreign_unit": Unit.objects.create(organization=twin.university, name="Twin"),
        "foreign_mode": Mode.objects.create(
            code="twin_mode", name="Twin", organization=twin.university, required_clauses=["scope"]
        ),
    }
    signers = {cast.world.school.user_id, cast.world.firm.user_id}
    for row in rows_of_world(cast):
        named = row.user if isinstance(row, Membership) else row
        is_known = isinstance(named, User) and named.pk in signers
        if type(named).__name__ in PUBLIC_MODELS or _is_of_twin(row, cast) or is_known:
            continue
        if texts := _texts(named):
            type(named)._base_manager.filter(pk=named.pk).update(**texts)
    cast.base = fingerprint()
    return cast


@pytest.fixture
def marked(marked_cast: Cast, cast: Cast) -> Cast:
    return cast


def _is_of_twin(row: models.Model, cast: Cast) -> bool:
    foreign = {name: thing for name, thing in cast.things.items() if name.startswith("foreign_")}
    public = {"partner_agreement", "ended_agreement"}
    return any(row is thing for thing in foreign.values()) or any(row is cast.things[name] for name in public)


def _texts(row: models.Model) -> dict[str, str]:
    """A mark for each free text of the row."""
    found = {}
    for field in row._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        is_name = is_text and not field.unique and field.name not in NOT_A_NAME and not isinstance(field, ArrayField)
        if is_name and (getattr(row, field.attname) or field.name in {"name", "title", "note", "comment"}):
            found[field.name] = f"CANARY {field.name} {row.pk}"[: field.max_length or None]
    return {name: text for name, text in found.items() if _is_free(row, name)}


def _is_free(row: models.Model, name: str) -> bool:
    """Not tied by a constraint, as a reason is to a state, and not protected as a state is."""
    field = row._meta.get_field(name)
    tied = any(name in str(getattr(rule, "condition", "")) for rule in row._meta.constraints)
    return not getattr(field, "protected", False) and (not tied or bool(getattr(row, name)))


def _looks() -> list[Row]:
    """Every GET that somebody foreign is given."""
    return [row for row in (*PAGES, *API) if row.method == "GET" and set(granted(row)) & set(CURIOUS)]


def _groups(rows: list[Row]) -> list[Any]:
    names: dict[str, list[Row]] = {}
    for row in rows:
        names.setdefault(row.url_name.split(":")[0] or f"/{row.path.split('/')[1]}", []).append(row)
    return [pytest.param(found, id=name) for name, found in names.items()]


def leaks(row: Row, cast: Cast, persona: str) -> Iterator[str]:
    """Each question about this address whose answer shows a mark, or tells a foreign key from one that does not exist."""
    client = client_for(row, cast.visitors[persona])
    url = address(row, thing_of(row, cast))
    nothing: dict[str, str] = {}
    for name, value in [("", ""), *queries(row, cast, every=persona in THOROUGH)]:
        text = text_in(client.get(f"{url}?{urlencode({name: value})}" if name else url))
        if cast.canary in text:
            yield f"{row} ?{name}={value} as {persona}: {text[max(0, text.index(cast.canary) - 80) :][:200]}"
        if row.path and name in KEYED and isinstance(value, int):
            if name not in nothing:
                nothing[name] = text_in(client.get(f"{url}?{urlencode({name: NOT_EXISTING})}"))
            if without_echo(text, name, value) != without_echo(nothing[name], name, NOT_EXISTING):
                yield f"{row} ?{name}={value} as {persona} tells that {value} exists"


@pytest.mark.parametrize("rows", _groups(_looks()))
def test_no_question_of_a_foreigner_is_answered_with_a_foreign_name(rows: list[Row], marked: Cast) -> None:
    found = []
    for row in rows:
        for persona in CURIOUS:
            if (expected(row, persona) or 500) < 400 and not (row.thing and _is_own(row, persona)):
                with undone():
                    found += leaks(row, marked, persona)
    assert found == [], "\n".join(found)


def _is_own(row: Row, persona: str) -> bool:
    """Named by itself for a thing: its own, as an agreement is a partner's."""
    return persona in row.expected


def test_marks_are_seen_by_those_who_may(marked: Cast) -> None:
    """A control of the marks themselves: each kind of thing that has a page shows one to its own people."""
    unseen = []
    for row in PAGES:
        if (
            row.method == "GET"
            and row.thing
            and granted(row)
            and type(marked.things[row.thing]).__name__ in MARKED_PAGES
            and row.url_name not in COMPRESSED
        ):
            answer = ask(row, marked, client_for(row, marked.visitors[granted(row)[0]]), thing_of(row, marked))
            if marked.canary not in answer.body and row.thing not in {"partner_agreement", "ended_agreement"}:
                unseen.append(str(row))
    assert unseen == []


COMPRESSED = {"agreements:agreement_pdf", "agreements:agreement_bundle"}
"""Files whose text no search of their bytes finds."""
MARKED_PAGES = {"Agreement", "Base", "Intake", "Application", "Placement", "Journal", "EvaluationScheme", "Evaluation"}


def test_every_model_that_is_not_for_all_has_a_row_in_the_world(marked: Cast) -> None:
    """A new model without a thing in the cast is probed by nothing."""
    present = {type(row) for row in rows_of_world(marked)}
    reached = {field.remote_field.model for model in present for field in model._meta.fields if field.remote_field}
    missing = {
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith("apps.") and hasattr(model._default_manager.all(), "visible_to")
    } - {model.__name__ for model in present | reached}
    assert missing - NOT_IN_THE_WORLD == set()


NOT_IN_THE_WORLD = {
    "SecurityEvent",  # a person's own sign-ins: tests/audit
    "Disclosure",  # a person's own, told to nobody else: tests/privacy
}


def test_what_a_view_reads_from_the_address_is_probed(cast: Cast) -> None:
    """Parameters that a view reads by hand are filters, or named in ``probes``."""
    unknown = []
    for row in (*PAGES, *API):
        view = view_of(row, cast)
        if not view.__module__.startswith("apps."):
            continue
        for name in _read_by_hand(_source(view)):
            if name not in READ_ALOUD and name not in PARAMETERS.get(row.url_name or row.path, ()):
                unknown.append(f"{row}: {name}")
    assert sorted(set(unknown)) == []


def _source(view: Any) -> str:
    try:
        return inspect.getsource(view)
    except OSError:  # made by a function
        return inspect.getsource(importlib.import_module(view.__module__))


def _read_by_hand(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        is_get = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "getlist"}
        )
        if is_get and ast.unparse(node.func.value).endswith((".GET", "query_params")) and node.args:  # type: ignore[attr-defined]  # a call of an attribute
            argument = node.args[0]  # type: ignore[attr-defined]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


# --- what is written ---


def _acts() -> list[Row]:
    return [row for row in (*PAGES, *API) if row.method != "GET" and granted(row)]


def test_every_relation_that_can_be_written_has_a_twin(cast: Cast) -> None:
    unknown = {f"{row}: {name}" for row in _acts() for name in relations(row, cast) - set(TWINS) - set(NO_SECRET)}
    assert unknown == set()


@pytest.mark.parametrize("rows", _groups(_acts()))
def test_foreign_key_in_a_body_is_refused_and_nothing_written(rows: list[Row], marked: Cast) -> None:
    found = []
    for row in rows:
        for name in sorted(relations(row, marked) & set(TWINS)):
            for key in (TWINS[name](marked), NOT_EXISTING):
                with undone():
                    body = body_of(row, marked) | {name: key}
                spoiled = Row(
                    row.expected, row.url_name, row.path, row.method, row.thing, body, in_session=row.in_session
                )
                answer = ask(spoiled, marked, client_for(row, marked.visitors[granted(row)[0]]), thing_of(row, marked))
                if answer.status not in {400, 403, 404, 409, 422} or answer.changed:
                    found.append(f"{row} {name}={key}: {answer.status} {sorted(answer.changed)}")
    assert found == [], "\n".join(found)


MARKS: dict[type[models.Field], Any] = {
    models.BooleanField: True,
    models.CharField: "assigned",
    models.TextField: "assigned",
    models.DateTimeField: "2001-01-01T00:00:00Z",
    models.DateField: "2001-01-01",
    models.IntegerField: 31337,
    models.DecimalField: "31.33",
}


def _everything(app: str) -> dict[str, Any]:
    """A value for each field of each model of an app, and for those that would give power anywhere."""
    found: dict[str, Any] = {"is_staff": True, "is_superuser": True, "version": 31337, "id": 31337, "pk": 31337}
    for model in apps.get_app_config(app).get_models():
        for field in model._meta.concrete_fields:
            kind = next((mark for kind, mark in MARKS.items() if isinstance(field, kind)), 31337)
            found |= {field.name: kind, field.attname: kind}
    return found


def _assigned(tables: set[str]) -> list[str]:
    """Where the marks stand."""
    found = []
    by_table = {model._meta.db_table: model for model in apps.get_models()}
    for table in sorted(tables & set(by_table)):
        for field in by_table[table]._meta.concrete_fields:
            mark = next((mark for kind, mark in MARKS.items() if isinstance(field, kind)), 31337)
            if mark is True:
                continue
            with connection.cursor() as cursor:
                sql = f'SELECT count(*) FROM "{table}" WHERE "{field.column}"::text LIKE %s'  # noqa: S608  # names of models
                cursor.execute(sql, [f"{str(mark)[:10]}%"])
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{field.column}")
    return found


@pytest.mark.parametrize("rows", _groups(_acts()))
def test_fields_that_a_body_should_not_hold_are_ignored_or_refused(rows: list[Row], cast: Cast) -> None:
    found = []
    for row in rows:
        view = view_of(row, cast)
        app = view.__module__.split(".")[1]
        if not view.__module__.startswith("apps."):
            continue
        with undone():
            body = body_of(row, cast)
            extra = {
                name: value
                for name, value in _everything(app).items()
                if name not in body and name not in _form_fields(view)
            }
            client = client_for(row, cast.visitors[granted(row)[0]])
            url = address(row, thing_of(row, cast))
            is_staff = _power()
            with cast.watch()() as watch:
                if row.path:
                    mixed = {name: _mixed(value, extra) for name, value in body.items()} | extra
                    response = client.generic(
                        row.method, url, json.dumps(mixed, default=str), content_type="application/json"
                    )
                else:
                    response = client.post(url, body | extra)
            written = _assigned(watch.changed)
            if response.status_code >= 500 or written or _power() != is_staff:
                found.append(f"{row}: {response.status_code} wrote {written}")
    assert found == [], "\n".join(found)


def _form_fields(view: Any) -> set[str]:
    """What the page asks for, filled or not; a field of the same name elsewhere is no assignment."""
    return set(getattr(getattr(view, "form_class", None), "base_fields", {})) | {
        name for serializer in getattr(view, "input_serializers", {}).values() for name in serializer().fields
    }


def _mixed(value: Any, extra: dict[str, Any]) -> Any:
    """Rows inside a body get the same fields too."""
    return [extra | part if isinstance(part, dict) else part for part in value] if isinstance(value, list) else value


def _power() -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE is_staff), count(*) FILTER (WHERE is_superuser) FROM accounts_user"
        )
        found: tuple[int, ...] = cursor.fetchone()
    return found


# --- controls ---


def test_leak_is_found_when_visibility_is_removed(marked: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgreementQuerySet, "visible_to", lambda rows, actor: rows)
    rows = page("agreements:agreement_list", coordinators=200)
    assert any("CANARY" in leak for leak in leaks(rows, marked, "foreign_school"))
    assert any("?format" in leak or "?q=" in leak for leak in leaks(rows, marked, "foreign_school"))
