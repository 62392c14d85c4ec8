"""Who asks: people of the demo data who have the most to see, and their keys. The keys go when the block ends."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Count, QuerySet
from django.utils import timezone

from apps.core.actor import Actor
from apps.organizations import middleware
from apps.organizations.models import ApiToken, Membership, Organization, Role
from apps.organizations.principal import actor_for
from apps.organizations.tokens import token_create
from apps.placements.models import Placement
from apps.portal.queue import queue_of
from benchmarks import BenchmarkError

SYSTEM = Actor.system("benchmarks")
NAME = "benchmark"


def busiest_coordinator() -> Membership:
    """The coordinator of the university that sends the most students."""
    busiest = Placement.objects.values("university_id").annotate(count=Count("pk")).order_by("-count")
    rows = Membership.objects.current().filter(organization_id__in=[row["university_id"] for row in busiest[:1]])
    return _first(rows.filter(role=Role.COORDINATOR), "coordinator of a university with placements")


def waited_for(role: str) -> Membership:
    """Of a hundred people of universities in this role, the one for whom most waits on the home page."""
    people = Membership.objects.current().filter(
        role=role, organization__kind=Organization.Kind.UNIVERSITY, organization__placements_sent__isnull=False
    )
    found = list(people.order_by("pk").distinct()[:100])
    if not found:
        raise BenchmarkError(f"The database has no {role} of a university with placements; seed_demo --scale large.")
    return max(found, key=lambda member: len(queue_of(actor_for(member.user_id, member.pk))))


def _first(rows: QuerySet[Membership], who: str) -> Membership:
    found = rows.order_by("pk").first()
    if found is None:
        raise BenchmarkError(f"The database has no {who}; fill it with seed_demo --scale large.")
    return found


@contextmanager
def token_of(membership: Membership, scope: str = ApiToken.Scope.READ) -> Iterator[tuple[str, str]]:
    """The header with a fresh token of the membership."""
    with tokens_of([membership.pk], scope) as headers:
        yield headers[0]


@contextmanager
def tokens_of(membership_ids: Sequence[int], scope: str = ApiToken.Scope.WRITE) -> Iterator[list[tuple[str, str]]]:
    """A header with a fresh token for each membership."""
    made = [token_create(SYSTEM, membership_id=pk, name=NAME, scope=scope, days=1) for pk in membership_ids]
    try:
        yield [bearer(secret) for _token, secret in made]
    finally:
        ApiToken.objects.filter(pk__in=[token.pk for token, _secret in made]).delete()


def tokens_in_bulk(membership_ids: Sequence[int]) -> list[tuple[str, str]]:
    """As `tokens_of`, for thousands at once; the caller deletes them with the memberships."""
    made = [secrets.token_urlsafe(32) for _pk in membership_ids]
    until = timezone.now() + timedelta(days=1)
    ApiToken.objects.bulk_create(
        [
            ApiToken(
                membership_id=pk,
                name=NAME,
                scope=ApiToken.Scope.WRITE,
                digest=hashlib.sha256(secret.encode()).hexdigest(),
                expires_at=until,
            )
            for pk, secret in zip(membership_ids, made, strict=True)
        ],
        batch_size=2000,
    )
    return [bearer(secret) for secret in made]


def bearer(secret: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {secret}"


@contextmanager
def session_of(membership: Membership) -> Iterator[tuple[str, str]]:
    """The header of a browser in which the person is signed in and acts in this membership."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(membership.user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = membership.user.get_session_auth_hash()
    session[middleware.SESSION_KEY] = membership.pk
    session.create()
    try:
        yield "Cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    finally:
        session.flush()


def as_json(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False)
