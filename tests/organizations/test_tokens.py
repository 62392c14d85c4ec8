from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import ApiToken, Membership, Role
from apps.organizations.services import membership_end
from apps.organizations.tokens import token_create, token_found, token_revoke
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db
URL = "/api/v1/organizations/"


@pytest.fixture
def member() -> Membership:
    return make_member(make_university())


def make_token(member: Membership, **values: Any) -> tuple[ApiToken, str]:
    return token_create(SYSTEM, membership_id=member.pk, name="nightly report", **{"scope": "read"} | values)


def status(secret: str, header: str = "Bearer {}") -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header.format(secret))
    return client.get(URL).status_code


def test_token_acts_in_its_membership(member: Membership) -> None:
    _token, secret = make_token(member)
    found = token_found(secret)
    assert found is not None
    assert found.actor.membership_id == member.pk
    assert found.actor.read_only
    assert not found.actor.is_staff
    assert status(secret) == 200


def test_token_is_stored_as_a_hash_alone(member: Membership) -> None:
    token, secret = make_token(member)
    assert all(secret not in str(value) for value in ApiToken.objects.filter(pk=token.pk).values_list().get())


@pytest.mark.parametrize("header", ["Bearer", "Bearer {} more", "Bearer x{}", "Bearer ü"])
def test_token_that_is_wrong_opens_nothing(header: str, member: Membership) -> None:
    _token, secret = make_token(member)
    assert status(secret, header) == 401


def test_token_opens_nothing_once_it_expired_or_was_revoked_or_its_membership_or_person_ended(
    member: Membership,
) -> None:
    expired, secret = make_token(member)
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(secret) == 401

    revoked, secret = make_token(member)
    token_revoke(SYSTEM, token_id=revoked.pk)
    assert status(secret) == 401

    _token, secret = make_token(member)
    member.user.is_active = False
    member.user.save()
    assert status(secret) == 401
    member.user.is_active = True
    member.user.save()
    assert status(secret) == 200
    membership_end(SYSTEM, membership_id=member.pk)
    assert status(secret) == 401


def test_revoke_twice_keeps_the_first_time(member: Membership) -> None:
    token, _secret = make_token(member)
    first = token_revoke(SYSTEM, token_id=token.pk).revoked_at
    assert token_revoke(SYSTEM, token_id=token.pk).revoked_at == first


def test_token_of_another_organization_is_not_found(member: Membership) -> None:
    token, _secret = make_token(member)
    stranger = actor_as(make_member(make_enterprise(), Role.ADMINISTRATOR))
    with pytest.raises(NotFound):
        token_revoke(stranger, token_id=token.pk)
    with pytest.raises(NotFound):
        token_create(stranger, membership_id=member.pk, name="x", scope="read")
    token.refresh_from_db()
    assert token.revoked_at is None


def test_token_of_a_colleague_is_for_administrators(member: Membership) -> None:
    with pytest.raises(NotAllowed):
        token_create(actor_as(member), membership_id=member.pk, name="x", scope="read")
    administrator = actor_as(make_member(member.organization, Role.ADMINISTRATOR))
    assert token_create(administrator, membership_id=member.pk, name="x", scope="read")


@pytest.mark.parametrize(
    "values", [{"scope": "all"}, {"days": 0}, {"days": -1}, {"days": 10**9}, {"name": ""}, {"name": "x" * 81}]
)
def test_token_with_bad_value_is_refused(values: dict[str, Any], member: Membership) -> None:
    with pytest.raises(ValidationError):
        token_create(SYSTEM, membership_id=member.pk, **{"name": "x", "scope": "read"} | values)
    assert not ApiToken.objects.exists()


def command(member: Membership, **options: Any) -> str:
    out = StringIO()
    values = {"organization": member.organization.code, "role": member.role, "scope": "write"} | options
    call_command("create_api_token", values.pop("email", member.user.email.upper()), stdout=out, **values)
    return out.getvalue()


def test_command_prints_the_token_alone(member: Membership) -> None:
    printed = command(member, days=2)
    assert printed == f"{printed.strip()}\n"
    assert status(printed.strip()) == 200
    token = ApiToken.objects.get()
    assert token.scope == ApiToken.Scope.WRITE
    assert timedelta(days=1) < token.expires_at - timezone.now() < timedelta(days=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"email": "nobody@example.org"}, "Nobody has the e-mail address"),
        ({"organization": "0000000000"}, "No organization has the code"),
        ({"role": Role.TUTOR}, "is not tutor of .* \\(roles there: coordinator\\)"),
        ({"days": 0}, "1 to 3650 days"),
    ],
)
def test_command_with_bad_value_says_what_is_wrong(options: dict[str, Any], message: str, member: Membership) -> None:
    with pytest.raises(CommandError, match=message):
        command(member, **options)
    assert not ApiToken.objects.exists()


def test_command_for_a_disabled_person_is_refused(member: Membership) -> None:
    member.user.is_active = False
    member.user.save()
    with pytest.raises(CommandError, match="disabled"):
        command(member)
