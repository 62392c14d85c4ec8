"""What the role under which the portal runs may do in the database: work, and never rewrite what was recorded.

The owner migrates and cleans; the portal itself owns nothing. So a stolen password of the portal, or an injected statement,
cannot change history, switch it off or go round it.
"""

from __future__ import annotations

from django.apps import apps
from django.db import connection, transaction

CONTEXTS = "pghistory_context"
_RECORDS = "p.prosrc LIKE '%pgh_label%'"
"""A function that writes history."""


class BadRole(Exception):
    """This role cannot be the portal's: it does not exist, or it owns what it must not."""


def event_tables() -> list[str]:
    """The tables of history, as the database has them: whatever has a ``pgh_label`` is one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'pgh_label' ORDER BY table_name"
        )
        return [name for (name,) in cursor.fetchall()]


def append_only_tables() -> list[str]:
    """The tables of models that say ``append_only = True`` of themselves: the portal adds rows and changes none."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def silent_tables() -> dict[str, str]:
    """Tracked tables whose history would not tell of a row that was deleted, each with its table of history."""
    with connection.cursor() as cursor:
        # Bit 3 of a trigger's type: it fires on DELETE.
        cursor.execute(
            """SELECT c.relname, max(substring(p.prosrc FROM 'INSERT INTO "([^"]+)"'))"""  # noqa: S608  # a constant
            " FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid JOIN pg_proc p ON p.oid = t.tgfoid"
            f" WHERE {_RECORDS} GROUP BY c.relname HAVING NOT bool_or(t.tgtype & 8 > 0) ORDER BY c.relname"
        )
        return dict(cursor.fetchall())


def grant_application_role(name: str) -> None:
    """Give the role ``name`` what the portal needs and nothing else. Run it as the owner after each migration.

    A repeat changes nothing. ``BadRole`` unless the role exists, is no superuser and no member of the owner.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _require_other(cursor, name)
        for statement in _statements(name):
            cursor.execute(statement)


def _require_other(cursor: object, name: str) -> None:
    cursor.execute(  # type: ignore[attr-defined]  # a cursor of Django
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR pg_has_role(oid, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = %s",
        [name],
    )
    found = cursor.fetchone()  # type: ignore[attr-defined]  # a cursor of Django
    if found is None:
        raise BadRole(f"There is no role {name}. Create it: CREATE ROLE {name} LOGIN PASSWORD '…'")
    if found[0]:
        raise BadRole(f"The role {name} may do too much: it must be neither the owner nor a superuser.")


def _statements(name: str) -> list[str]:
    quote = connection.ops.quote_name
    role, database = quote(name), quote(connection.settings_dict["NAME"])

    def tables(names: list[str]) -> str:
        return ", ".join(map(quote, names))

    return [
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        # A temporary table of the same name would catch the rows that a trigger writes into a table of history.
        f"REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM PUBLIC, {role}",
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE ON {tables(append_only_tables())} FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON {tables([*event_tables(), CONTEXTS, 'django_migrations'])} FROM {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        # A table that a later migration makes may be history: until this has run again nothing in it is changed.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        _CONTEXT_IS_FINAL,
        _NOTHING_IS_IGNORED,
        _DELETIONS_ARE_RECORDED,
        *(
            f"CREATE OR REPLACE TRIGGER audit_record_deletion AFTER DELETE ON {quote(table)}"
            f" FOR EACH ROW EXECUTE FUNCTION public.audit_record_deletion('{events}')"
            for table, events in silent_tables().items()
        ),
        _HISTORY_IS_THE_OWNERS,
    ]


_OWNER = "pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = 'public.pghistory_context'::regclass), 'MEMBER')"
"""Whether the session is the owner's. Not the current user: within a function of the owner that is the owner."""

_CONTEXT_IS_FINAL = f"""
CREATE OR REPLACE FUNCTION public.audit_context_is_final() RETURNS trigger AS $$
BEGIN
    IF OLD.created_at <> now() AND NOT {_OWNER} THEN
        RAISE EXCEPTION 'who acted in an earlier transaction cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SET search_path = public, pg_temp;
CREATE OR REPLACE TRIGGER audit_context_is_final BEFORE UPDATE ON public.pghistory_context
    FOR EACH ROW EXECUTE FUNCTION public.audit_context_is_final()
"""

_NOTHING_IS_IGNORED = f"""
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean AS $$
BEGIN
    IF NOT trigger_name = ANY(COALESCE(NULLIF(current_setting('pgtrigger.ignore', true), ''), '{{}}')::text[]) THEN
        RETURN false;
    END IF;
    RETURN {_OWNER};
END;
$$ LANGUAGE plpgsql
"""

# The row as it was, under the label that pghistory gives to deletions.
_DELETIONS_ARE_RECORDED = """
CREATE OR REPLACE FUNCTION public.audit_record_deletion() RETURNS trigger AS $$
BEGIN
    EXECUTE format('INSERT INTO %1$I SELECT * FROM jsonb_populate_record(NULL::%1$I, $1)', TG_ARGV[0])
    USING to_jsonb(OLD) || jsonb_build_object(
        'pgh_id', nextval(pg_get_serial_sequence(TG_ARGV[0], 'pgh_id')), 'pgh_created_at', now(),
        'pgh_label', 'delete', 'pgh_obj_id', OLD.id, 'pgh_context_id', _pgh_attach_context()
    );
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
"""

# Triggers write history as its owner, so that the portal itself can add nothing to it.
_HISTORY_IS_THE_OWNERS = f"""
DO $$
DECLARE recorder regprocedure;
BEGIN
    FOR recorder IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND ({_RECORDS} OR p.proname = '_pgh_attach_context')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', recorder);
    END LOOP;
END $$
"""  # noqa: S608  # a constant
