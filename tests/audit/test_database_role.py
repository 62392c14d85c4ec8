"""The portal's own role works, and can change nothing that was recorded: tried in the database as that role."""

# ruff: noqa: S608  # statements about tables that the database itself named

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from pghistory.models import Context, Event

from apps.agreements.models import Agreement, Signature
from apps.audit.database_role import (
    CONTEXTS,
    BadRole,
    append_only_tables,
    event_tables,
    grant_application_role,
    silent_tables,
)
from apps.audit.retention import history_prune
from apps.core.services import service
from apps.organizations.models import Organization, Role
from apps.organizations.services import role_right_grant
from tests.factories.agreements import make_in_force
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

ROLE = settings.APPLICATION_DATABASE["USER"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        settings.DATABASES["default"]["USER"] == ROLE, reason="needs a role beside the owner: make test"
    ),
]
OLD = "id = (SELECT id FROM pghistory_context ORDER BY created_at LIMIT 1)"


@contextmanager
def as_role(name: str, password: str) -> Iterator[None]:
    owner = connection.settings_dict
    connection.close()
    connection.settings_dict = owner | {"USER": name, "PASSWORD": password}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = owner


@contextmanager
def as_portal() -> Iterator[None]:
    """Inside, the default connection is that of the portal's own role."""
    with as_role(ROLE, settings.APPLICATION_DATABASE["PASSWORD"]):
        yield


@pytest.fixture(autouse=True)
def agreement(db: None) -> Agreement:
    """Something that was recorded, and a role that was granted what it needs."""
    agreement = make_in_force(make_member(make_university()), make_member(make_enterprise()))
    grant_application_role(ROLE)
    return agreement


def run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def tried(*statements: str) -> str:
    """What the database says to the portal that tries this; "" when it lets it."""
    with as_portal():
        try:
            run(*statements)
        except DatabaseError as refusal:
            return str(refusal)
    return ""


def tampering(table: str) -> dict[str, str]:
    return {
        "insert": f"INSERT INTO {table} SELECT * FROM {table} LIMIT 0",
        "update": f"UPDATE {table} SET pgh_label = 'other'",
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table}",
        "drop": f"DROP TABLE {table}",
        "alter": f"ALTER TABLE {table} ADD COLUMN spare int",
        "rule": f"CREATE RULE gone AS ON INSERT TO {table} DO INSTEAD NOTHING",
    }


def test_every_table_of_history_is_found() -> None:
    """Two ways to the same list: the models', and the database's."""
    tracked = {model._meta.db_table for model in apps.get_models() if issubclass(model, Event)}
    assert set(event_tables()) == tracked - {"pghistory_events"}
    assert len(tracked) > 10


def test_the_portal_cannot_tamper_with_any_table_of_history() -> None:
    for table in event_tables():
        for act, statement in tampering(table).items():
            said = tried(statement)
            assert "permission denied" in said or "must be owner" in said, f"{act} {table}: {said or 'let through'}"


def test_the_owner_could(agreement: Agreement) -> None:
    """The control: the same statements are possible where the role does not stand in the way."""
    for statement in tampering("agreements_agreementevent").values():
        if not statement.startswith(("DROP", "CREATE RULE", "ALTER")):
            run(statement)


def test_append_only_tables_take_rows_and_keep_them() -> None:
    for table in append_only_tables():
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert "permission denied" in tried(statement), statement
        assert tried(f"INSERT INTO {table} SELECT * FROM {table} LIMIT 0") == ""


@pytest.mark.parametrize(
    "statements",
    [
        ["ALTER TABLE agreements_agreement DISABLE TRIGGER ALL"],
        ["DROP TRIGGER {trigger} ON agreements_agreement"],
        ["DROP FUNCTION {trigger}() CASCADE"],
        ["SET session_replication_role = replica", "DELETE FROM agreements_agreementevent"],
        ["SET ROLE {owner}"],
        ["SET SESSION AUTHORIZATION {owner}"],
        ["CREATE TEMP TABLE agreements_agreementevent (id int)"],
        ["CREATE TABLE public.spare (id int)"],
        ["CREATE SCHEMA spare"],
        ["CREATE FUNCTION public.spare() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
        ["CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'"],
        ["TRUNCATE organizations_membership CASCADE"],
        ["DELETE FROM django_migrations"],
        [f"UPDATE {CONTEXTS} SET metadata = '{{}}'"],
        [f"INSERT INTO {CONTEXTS} SELECT gen_random_uuid(), now(), now(), '{{}}'"],
        [f"DELETE FROM {CONTEXTS}"],
        ["DROP TRIGGER audit_context_is_final ON pghistory_context"],
    ],
    ids=lambda statements: statements[0][:50],
)
def test_the_portal_can_neither_switch_history_off_nor_go_round_it(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'agreements_agreement'::regclass AND tgname LIKE 'pgtrigger%'"
        )
        (trigger,) = cursor.fetchone()
    words = {"trigger": trigger, "owner": settings.DATABASES["default"]["USER"]}
    said = tried(
        *(
            statement.format(**words) if "{trigger}" in statement or "{owner}" in statement else statement
            for statement in statements
        )
    )
    assert "permission denied" in said or "must be owner" in said, said or "let through"


def forged_context() -> list[str]:
    """Act under the context of an earlier transaction, and say that somebody else acted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM pghistory_context ORDER BY created_at LIMIT 1")
        (old,) = cursor.fetchone()
    return [
        f"SELECT set_config('pghistory.context_id', '{old}', true)",
        """SELECT set_config('pghistory.context_metadata', '{"user": 999}', true)""",
        "UPDATE organizations_organization SET name_en = name_en || '!'",
    ]


def test_who_acted_in_an_earlier_transaction_stays_as_it_was() -> None:
    said = tried(*forged_context())
    assert "cannot be changed" in said
    assert not Context.objects.filter(metadata__user=999).exists()


def test_the_owner_could_change_who_acted() -> None:
    run(*forged_context())
    assert Context.objects.filter(metadata__user=999).exists()


def history_skipped() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'agreements_agreement'::regclass")
        names = ",".join(name for (name,) in cursor.fetchall())
    events = Agreement.pgh_event_models["update"].objects  # type: ignore[attr-defined]  # by pghistory
    before = events.count()
    run(f"SET LOCAL pgtrigger.ignore = '{{{names}}}'", "UPDATE agreements_agreement SET title = title || '!'")
    return bool(events.count() == before)


def test_the_portal_cannot_tell_triggers_to_look_away() -> None:
    with as_portal():
        assert not history_skipped()
    assert history_skipped(), "the control: the owner can, or this proves nothing"


def test_the_portal_works_as_this_role_and_leaves_history() -> None:
    with as_portal():
        member = make_member(make_university(), Role.ADMINISTRATOR)
        role_right_grant(actor_as(member), role=Role.OBSERVER, codename="manage_bases")
        agreement = make_in_force(member, make_member(make_enterprise()))
    event = agreement.events.order_by("-pgh_id").first()  # type: ignore[attr-defined]  # by pghistory
    assert event.state == "in_force"
    assert event.pgh_context.metadata["service"] == "agreement_sign"


def test_nested_services_share_one_context_within_their_transaction() -> None:
    """The context of the present transaction may still grow: pghistory adds to it what inner services say."""

    @service
    def outer(actor: Any) -> Organization:
        make_university()
        return make_university()

    with as_portal():
        made = outer(SYSTEM)
    assert made.events.get().pgh_context.metadata["system"] == "tests"  # type: ignore[attr-defined]  # by pghistory


def test_later_tables_are_readable_and_nobody_changes_them_before_the_grant_is_repeated() -> None:
    run("CREATE TABLE later (id int)")
    try:
        assert tried("INSERT INTO later VALUES (1)", "SELECT * FROM later") == ""
        assert "permission denied" in tried("DELETE FROM later")
        grant_application_role(ROLE)
        assert tried("DELETE FROM later") == ""
    finally:
        run("DROP TABLE later")


def test_what_the_portal_deletes_leaves_history(agreement: Agreement) -> None:
    assert silent_tables() == {}
    events = Signature.pgh_event_models["insert"]._default_manager  # type: ignore[attr-defined]  # by pghistory
    known = list(Signature.objects.order_by("pk").values_list("pk", "content_hash", "signed_at"))
    with as_portal():
        run("DELETE FROM agreements_signature")
    gone = events.filter(pgh_label="delete").order_by("pgh_obj_id")
    assert list(gone.values_list("pgh_obj_id", "content_hash", "signed_at")) == known
    grant_application_role(ROLE)
    assert events.filter(pgh_label="delete").count() == 2


def test_old_history_is_cleaned_by_the_owner_alone() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    with as_portal(), pytest.raises(ProgrammingError, match="permission denied"):
        history_prune(tomorrow)
    assert history_prune(timezone.now() - timedelta(days=1)).keys() >= {"agreements.AgreementEvent"}
    assert Context.objects.exists()
    assert history_prune(tomorrow)["agreements.AgreementEvent"] > 0
    assert not Context.objects.exists()
    assert set(history_prune(tomorrow).values()) == {0}


def test_the_owner_and_unknown_roles_are_refused() -> None:
    with pytest.raises(BadRole, match="too much"):
        grant_application_role(settings.DATABASES["default"]["USER"])
    with pytest.raises(BadRole, match="no role"):
        grant_application_role('nobody"; DROP TABLE x')


def test_the_portal_cannot_grant_itself_more() -> None:
    with as_portal(), pytest.raises((BadRole, ProgrammingError)):
        grant_application_role(ROLE)
