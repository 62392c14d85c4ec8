from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import QueuedMail
from apps.core.errors import NotAllowed, NotConfirmed, NotFound
from apps.organizations.models import ApiToken, Membership, Role
from apps.organizations.principal import actor_for
from apps.organizations.tokens import token_create, token_found, token_revoke
from tests.access.rows_guard import TOKEN
from tests.factories.organizations import (
    SYSTEM,
    actor_as,
    confirm,
    make_enterprise,
    make_member,
    make_university,
    rest_client,
)
from tests.support.queries import REST, SHELL

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:token_list")


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


@pytest.fixture
def member(administrator: Membership) -> Membership:
    return make_member(administrator.organization)


def new(membership: Membership) -> str:
    return reverse("organizations:token_create", args=[membership.pk])


def make_token(membership: Membership, **values: Any) -> ApiToken:
    token, _secret = token_create(SYSTEM, membership_id=membership.pk, **{"name": "nightly", "scope": "read"} | values)
    return token


def test_new_token_is_shown_once_and_never_stored(
    as_member: Any, administrator: Membership, member: Membership
) -> None:
    browser = as_member(administrator)
    answer = browser.post(new(member), TOKEN)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert token_found(secret)
    assert secret not in browser.get(LIST).content.decode()
    token = ApiToken.objects.get()
    assert (token.name, token.scope, token.membership) == (TOKEN["name"], "read", member)
    assert timedelta(days=89) < token.expires_at - timezone.now() < timedelta(days=90)


def test_person_in_whose_name_a_token_acts_is_told(
    as_member: Any, administrator: Membership, member: Membership
) -> None:
    as_member(administrator).post(new(member), TOKEN)
    mail = QueuedMail.objects.get()
    assert mail.to == member.user.email
    assert TOKEN["name"] in mail.body
    as_member(administrator).post(new(administrator), TOKEN)
    assert QueuedMail.objects.count() == 1


def test_token_needs_a_second_factor_given_just_now(
    as_member: Any, administrator: Membership, member: Membership
) -> None:
    browser = as_member(administrator)
    confirm(browser, administrator.user, seconds_ago=3000)
    answer = browser.post(new(member), TOKEN)
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url
    assert not ApiToken.objects.exists()


def test_token_makes_no_token(administrator: Membership, member: Membership) -> None:
    actor = actor_for(administrator.user_id, administrator.pk)
    assert not actor.confirmed
    with pytest.raises(NotConfirmed):
        token_create(actor, membership_id=member.pk, name="x", scope="read")
    answer = rest_client(administrator).post("/api/v1/tokens/", TOKEN)
    assert answer.status_code == 405


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("name", "x" * 81), ("scope", "all"), ("days", "3651")])
def test_form_with_a_bad_value_makes_nothing(
    field: str, value: str, as_member: Any, administrator: Membership, member: Membership
) -> None:
    answer = as_member(administrator).post(new(member), TOKEN | {field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not ApiToken.objects.exists()


def test_list_shows_administrators_all_and_others_their_own(
    as_member: Any, administrator: Membership, member: Membership
) -> None:
    make_token(member, name="of the member")
    make_token(administrator, name="of the administrator")
    make_token(make_member(make_enterprise()), name="of strangers")
    page = as_member(administrator).get(LIST).content.decode()
    assert "of the member" in page
    assert "of the administrator" in page
    assert "of strangers" not in page
    page = as_member(member).get(LIST).content.decode()
    assert "of the member" in page
    assert "of the administrator" not in page


def test_list_says_what_each_token_is_worth(as_member: Any, administrator: Membership, member: Membership) -> None:
    day = timedelta(days=1)
    now = timezone.now()
    for name, values in {
        "good": {"expires_at": now + 100 * day},
        "soon": {"expires_at": now + 13 * day},
        "late": {"expires_at": now - day},
        "gone": {"revoked_at": now},
    }.items():
        ApiToken.objects.filter(pk=make_token(member, name=name).pk).update(**values)
    rows = as_member(administrator).get(LIST).context["rows"]
    assert {token.name: (token.standing, may_revoke) for token, _tone, _label, may_revoke in rows} == {
        "good": ("valid", True),
        "soon": ("expiring", True),
        "late": ("expired", False),
        "gone": ("revoked", False),
    }


@pytest.mark.parametrize("tokens", [1, 3])
def test_list_costs_one_statement(
    tokens: int, as_member: Any, administrator: Membership, django_assert_num_queries: Any
) -> None:
    for _number in range(tokens):
        make_token(make_member(administrator.organization))
    browser = as_member(administrator)
    with django_assert_num_queries(SHELL + 1):
        browser.get(LIST)
    client = rest_client(administrator)
    with django_assert_num_queries(REST + 1):
        client.get("/api/v1/tokens/")


def test_revoked_token_is_refused_from_the_next_request_on(as_member: Any, administrator: Membership) -> None:
    client = rest_client(administrator)
    assert client.get("/api/v1/tokens/").status_code == 200
    token = ApiToken.objects.get()
    revoke = reverse("organizations:token_revoke", args=[token.pk])
    browser = as_member(administrator)
    assert browser.get(revoke).status_code == 200
    assert browser.post(revoke).status_code == 302
    assert client.get("/api/v1/tokens/").status_code == 401
    assert browser.get(revoke).status_code == 409
    assert browser.post(revoke).status_code == 302


def test_person_revokes_the_token_that_acts_in_their_name_and_no_other(
    administrator: Membership, member: Membership
) -> None:
    own, other = make_token(member), make_token(administrator)
    assert token_revoke(actor_as(member), token_id=own.pk).revoked_at
    with pytest.raises(NotFound):
        token_revoke(actor_as(member), token_id=other.pk)
    with pytest.raises(NotAllowed):
        token_create(actor_as(member), membership_id=member.pk, name="x", scope="read")


def test_api_revokes_with_a_token_that_may_write(administrator: Membership, member: Membership) -> None:
    token = make_token(member)
    path = f"/api/v1/tokens/{token.pk}/revoke/"
    assert rest_client(administrator, scope="read").post(path).status_code == 403
    answer = rest_client(administrator).post(path)
    assert answer.status_code == 200
    assert answer.json()["revoked_at"]
    assert "digest" not in answer.json()


class TestUse:
    """When and from where a token was used last."""

    def client(self, member: Membership) -> tuple[APIClient, ApiToken]:
        token, secret = token_create(SYSTEM, membership_id=member.pk, name="x", scope="read")
        client = APIClient(REMOTE_ADDR="192.0.2.44", HTTP_X_FORWARDED_FOR="10.0.0.1")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client, token

    def test_use_is_written_at_most_once_a_minute(self, member: Membership) -> None:
        client, token = self.client(member)
        for extra in (1, 0, 0):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get("/api/v1/tokens/")
            assert len(asked) == REST + 1 + extra
        token.refresh_from_db()
        assert token.last_address == "192.0.2.44"
        assert token.last_used_at is not None
        ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
        client.get("/api/v1/tokens/")
        token.refresh_from_db()
        assert timezone.now() - token.last_used_at < timedelta(seconds=30)


def test_suspended_organization_ends_its_tokens_at_once(member: Membership) -> None:
    client = rest_client(member)
    assert client.get("/api/v1/tokens/").status_code == 200
    member.organization.suspended_at, member.organization.suspension_reason = timezone.now(), "closed"
    member.organization.save()
    assert client.get("/api/v1/tokens/").status_code == 401


def test_page_asks_who_is_nobody_to_sign_in() -> None:
    assert Client().get(LIST).status_code == 302
