"""Builds the ``Actor`` of a request, with one statement.

Every request asks this. The ORM takes several times as long to write the statement as Postgres to run it, so it is written once a
process and kept with blanks for the values of a request.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.factors import has_second_factor
from apps.core.actor import Actor
from apps.core.errors import NotAllowed
from apps.jobs.models import JobRun
from apps.privacy.ages import OWN_CONSENT, latest_birth_date
from apps.privacy.models import Consent

from .models import ApiToken, Membership, Organization, Region

_FIELDS = (
    "user_id",
    "pk",
    "organization_id",
    "organization__kind",
    "role",
    "codenames",
    "organization__region__code",
    "organization__region__level",
    "user__is_staff",
)
# Stand in the kept statements for the values of a request.
_PERSON, _CHOSEN, _DIGEST, _OLD_ENOUGH = -1, -2, "blank: digest", date(1, 1, 1)

Statement = tuple[str, tuple[Any, ...]]


class Principal(NamedTuple):
    """Who is acting, and whether they could give a second factor (``None``: not known, as they act in no membership)."""

    actor: Actor
    has_second_factor: bool | None


def actor_for(user_id: int, membership_id: int | None = None) -> Actor:
    """The actor of a person: in the membership named when it is current and theirs, else in their first current one."""
    return principal_for(user_id, membership_id).actor


def principal_for(user_id: int, membership_id: int | None = None) -> Principal:
    """Like ``actor_for``, with what the session has to be asked for."""
    row = _ask(_of_person(), {_PERSON: user_id, _CHOSEN: membership_id or 0})
    return Principal(_actor(row[:-1]), row[-1]) if row else Principal(Actor(user_id=user_id), None)


class TokenUse(NamedTuple):
    """A valid token: as whom it acts, its key, and when it was last used before."""

    actor: Actor
    token_id: int
    last_used_at: datetime | None


def token_with(digest: str) -> TokenUse | None:
    """The token with this digest; ``None`` unless it is valid and its membership current. It is nobody of the staff."""
    row = _ask(_of_token(), {_DIGEST: digest})
    if row is None:
        return None
    *principal, scope, token_id, last_used_at = row
    actor = _actor(tuple(principal), read_only=scope == ApiToken.Scope.READ)
    return TokenUse(replace(actor, is_staff=False), token_id, last_used_at)


def actor_of_job(job: JobRun) -> Actor:
    """The actor who asked for the job, with the rights of this moment.

    ``NotAllowed`` when the membership has ended, or what the job takes was withdrawn. Handlers ask at their start and again
    before they end, so that nothing is delivered to somebody who may not have it any more.
    """
    actor = actor_for(job.requested_by_id, job.membership_id)
    if not actor.is_member or actor.membership_id != job.membership_id:
        raise NotAllowed(_("Your membership has ended."))
    if job.permission and not actor.may(job.permission):
        raise NotAllowed(_("You do not hold the right that this takes any more."))
    return actor


@cache
def _of_person() -> Statement:
    chosen_first = Case(When(pk=_CHOSEN, then=Value(0)), default=Value(1))
    rows = _principals().filter(user_id=_PERSON).annotate(factor=has_second_factor(OuterRef("user_id")))
    return _written(rows.order_by(chosen_first, "pk").values_list(*_FIELDS, "factor")[:1])


@cache
def _of_token() -> Statement:
    valid = {"tokens__digest": _DIGEST, "tokens__revoked_at": None, "tokens__expires_at__gt": Now()}
    fields = ("tokens__scope", "tokens__pk", "tokens__last_used_at")
    return _written(_principals().filter(**valid).order_by().values_list(*_FIELDS, *fields))


def _principals() -> QuerySet[Membership]:
    """Current memberships; none of a child whose guardian's consent does not stand."""
    under_age = Q(user__birth_date__gt=_OLD_ENOUGH)
    allowed = Exists(Consent.objects.standing_for_child(OuterRef("user_id")))
    return Membership.objects.current().filter(Q(user__birth_date=None) | ~under_age | allowed).with_permissions()


def _written(rows: QuerySet[Any, Any]) -> Statement:
    sql, blanks = rows.query.sql_with_params()
    return sql, tuple(blanks)


def _ask(statement: Statement, meant: dict[Any, Any]) -> tuple[Any, ...] | None:
    sql, blanks = statement
    meant = meant | {_OLD_ENOUGH: latest_birth_date(OWN_CONSENT)}
    with connection.cursor() as cursor:
        cursor.execute(sql, [meant.get(value, value) for value in blanks])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _actor(row: tuple[Any, ...], *, read_only: bool = False) -> Actor:
    user_id, membership_id, organization_id, kind, role, codenames, region_code, level, is_staff = row
    region_prefix = None
    if kind == Organization.Kind.GOVERNMENT and region_code is not None:
        region_prefix = Region(code=region_code, level=level).prefix
    return Actor(
        user_id=user_id,
        membership_id=membership_id,
        organization_id=organization_id,
        organization_kind=kind,
        role=role,
        permissions=frozenset(codenames),
        region_prefix=region_prefix,
        read_only=read_only,
        is_staff=is_staff,
    )
