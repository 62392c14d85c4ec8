"""The embedded Postgres and Valkey: what the portal may rely on."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from functools import partial
from typing import Any

import psycopg2
import pytest
import redis

from launcher import postgres, services
from launcher.var import Var
from tests.launcher.conftest import processes_of


def test_services_answer_keep_data_and_leave_no_process(var: Var) -> None:
    with services.running(var, given={}, durable=False) as addresses:
        assert services.found(var) == addresses
        with psycopg2.connect(addresses["DATABASE_OWNER_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 1 AS n")
        connection.close()
        queue = redis.from_url(addresses["REDIS_URL"])
        queue.set("kept", "yes")
        queue.close()
        assert len(processes_of(var)) >= 2
    assert services.found(var) is None
    assert processes_of(var) == []
    with services.running(var, given={}, durable=False) as addresses:
        connection = psycopg2.connect(addresses["DATABASE_OWNER_URL"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM kept")
            assert cursor.fetchall() == [(1,)]
        connection.close()
        queue = redis.from_url(addresses["REDIS_URL"])
        assert queue.get("kept") == b"yes"
        queue.close()


def test_owner_can_make_test_databases_and_find_chinese_but_is_no_superuser(var: Var) -> None:
    with services.running(var, given={}, durable=False) as addresses:
        connection = psycopg2.connect(addresses["DATABASE_OWNER_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb, rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchall() == [(True, False)]
            cursor.execute("CREATE EXTENSION pg_trgm")
            cursor.execute("CREATE EXTENSION btree_gist")
            cursor.execute("SELECT cardinality(show_trgm('智能')) > 0")
            assert cursor.fetchall() == [(True,)]
        connection.close()


def test_the_portals_role_owns_nothing(var: Var) -> None:
    with services.running(var, given={}, durable=False) as addresses:
        assert rights_of_portal(addresses) == (False, False, False)


def test_a_cluster_from_before_the_portals_role_gets_it(var: Var) -> None:
    with services.running(var, given={}, durable=False) as addresses:
        connection = psycopg2.connect(addresses["DATABASE_OWNER_URL"])
        connection.close()
    admitted = postgres.data_directory(var) / "pg_hba.conf"
    admitted.write_text("host all portal 127.0.0.1/32 scram-sha-256\n")
    drop = "DROP ROLE portal_app\n"
    postgres._fill(postgres.bin_directory(), postgres.data_directory(var), drop, as_server_user())
    for _start in range(2):
        with services.running(var, given={}, durable=False) as addresses:
            assert rights_of_portal(addresses) == (False, False, False)


def as_server_user() -> Any:
    return partial(postgres._before_exec, postgres._server_user(), reach_everything=True)


def rights_of_portal(addresses: Mapping[str, str]) -> Any:
    connection = psycopg2.connect(addresses["DATABASE_URL"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolcreatedb, rolsuper, has_schema_privilege('public', 'CREATE')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        found = cursor.fetchone()
    connection.close()
    return found


def test_secrets_are_readable_by_their_owner_only_and_needed(var: Var) -> None:
    with services.running(var, given={}, durable=False) as addresses:
        for file in (var.services_env, var.root / "secrets.json"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        password = var.secret("postgres")
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(addresses["DATABASE_OWNER_URL"].replace(password, "guess"))
        queue = redis.from_url(addresses["REDIS_URL"].replace(var.secret("valkey"), "guess"))
        with pytest.raises(redis.AuthenticationError):
            queue.ping()
        queue.close()
        assert not any(secret in line for line in processes_of(var) for secret in (password, var.secret("valkey")))


def test_named_servers_are_used_instead_of_embedded_ones(var: Var) -> None:
    given = {
        "DATABASE_URL": "postgres://elsewhere/portal",
        "DATABASE_OWNER_URL": "postgres://owner@elsewhere/portal",
        "REDIS_URL": "redis://elsewhere/0",
    }
    children, addresses = services.embedded(var, given=given)
    assert (children, addresses) == ([], given)
