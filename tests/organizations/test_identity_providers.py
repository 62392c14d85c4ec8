from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.core.actor import Actor
from apps.core.encryption import Unreadable
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import IdentityProvider, Membership, Role
from apps.organizations.services.identity_providers import (
    client_secret_of,
    identity_provider_activate,
    identity_provider_deactivate,
    identity_provider_set,
)
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_person,
    make_university,
    sign_in_person,
)
from tests.support.queries import SHELL

pytestmark = pytest.mark.django_db
LIST = reverse("organizations:identity_provider_list")
STAFF = Actor(user_id=1, is_staff=True)


@pytest.fixture
def administrator() -> Membership:
    return make_member(make_university(), Role.ADMINISTRATOR)


def values(**changed: Any) -> dict[str, Any]:
    given = {"domain": "taihu.example.edu", "issuer": "https://127.0.0.1/realm", "client_id": "portal"}
    return given | {"client_secret": "geheim", "default_role": ""} | changed


def set_by(member: Membership, **changed: Any) -> IdentityProvider:
    return identity_provider_set(actor_as(member), organization_id=member.organization_id, **values(**changed))


def test_new_provider_waits_for_staff_and_keeps_its_secret_sealed(administrator: Membership) -> None:
    provider = set_by(administrator)
    provider.refresh_from_db()
    assert not provider.is_active
    assert b"geheim" not in bytes(provider.client_secret)
    assert client_secret_of(provider) == "geheim"
    provider.domain = "elsewhere.example.edu"
    with pytest.raises(Unreadable):
        client_secret_of(provider)


def test_change_keeps_the_secret_and_the_use(administrator: Membership) -> None:
    first = set_by(administrator)
    identity_provider_activate(STAFF, provider_id=first.pk)
    again = set_by(administrator, client_secret="", client_id="other", domain=" @Taihu.Example.EDU ")
    assert (again.pk, again.client_id, again.is_active) == (first.pk, "other", True)
    assert client_secret_of(again) == "geheim"
    assert IdentityProvider.objects.count() == 1


def test_only_staff_take_a_domain_into_use(administrator: Membership) -> None:
    provider = set_by(administrator)
    with pytest.raises(NotAllowed):
        identity_provider_activate(actor_as(administrator), provider_id=provider.pk)
    with pytest.raises(NotFound):
        identity_provider_activate(
            actor_as(make_member(make_enterprise(), Role.ADMINISTRATOR)), provider_id=provider.pk
        )
    assert identity_provider_activate(STAFF, provider_id=provider.pk).is_active
    assert not identity_provider_deactivate(actor_as(administrator), provider_id=provider.pk).is_active


def test_domain_of_another_organization_is_taken(administrator: Membership) -> None:
    set_by(administrator)
    with pytest.raises(ValidationError) as refused:
        set_by(make_member(make_enterprise(), Role.ADMINISTRATOR))
    assert "domain" in refused.value.error_dict


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain", ""),
        ("domain", "nodots"),
        ("domain", "a b.example"),
        ("issuer", ""),
        ("issuer", "ftp://x.example"),
        ("issuer", "https://user@127.0.0.1"),
        ("client_id", ""),
        ("client_secret", ""),
        ("default_role", "administrator"),
    ],
)
def test_bad_value_changes_nothing(field: str, value: str, administrator: Membership) -> None:
    with pytest.raises(ValidationError) as refused:
        set_by(administrator, **{field: value})
    assert field in refused.value.error_dict
    assert not IdentityProvider.objects.exists()


def test_issuer_inside_is_refused_in_production(administrator: Membership, settings: Any) -> None:
    settings.OUTBOUND_INSIDE_ALLOWED = False
    for issuer in ("https://127.0.0.1/realm", "http://8.8.8.8", "https://169.254.169.254"):
        with pytest.raises(ValidationError):
            set_by(administrator, issuer=issuer)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TUTOR, Role.STUDENT])
def test_others_may_not(role: str, administrator: Membership) -> None:
    member = make_member(administrator.organization, role)
    with pytest.raises(NotAllowed):
        set_by(member)
    with pytest.raises(NotAllowed):
        identity_provider_set(
            actor_as(make_member(make_enterprise(), Role.ADMINISTRATOR)),
            organization_id=administrator.organization_id,
            **values(),
        )


def test_administrator_sets_it_up_on_a_page(administrator: Membership, as_member: Any) -> None:
    browser = as_member(administrator)
    create = reverse("organizations:identity_provider_create")
    assert "/accounts/oidc/DOMAIN/login/callback/" in browser.get(create).content.decode()
    bad = browser.post(create, values(issuer="nonsense"))
    assert bad.status_code == 422
    assert not IdentityProvider.objects.exists()
    assert browser.post(create, values()).headers["Location"] == LIST
    provider = IdentityProvider.objects.get()
    edit = reverse("organizations:identity_provider_edit", args=[provider.pk])
    page = browser.get(edit).content.decode()
    assert "geheim" not in page
    browser.post(edit, values(domain="stolen.example", client_secret="", client_id="new"))
    provider.refresh_from_db()
    assert (provider.domain, provider.client_id) == ("taihu.example.edu", "new")


def test_staff_take_it_into_use_on_a_page(administrator: Membership, client: Any) -> None:
    provider = set_by(administrator)
    staff = make_person()
    staff.is_staff = True
    staff.save()
    sign_in_person(client, staff)
    assert "taihu.example.edu" in client.get(LIST).content.decode()
    client.post(reverse("organizations:identity_provider_activate", args=[provider.pk]))
    provider.refresh_from_db()
    assert provider.is_active


def test_list_asks_the_same_for_one_and_for_three(
    administrator: Membership, as_member: Any, django_assert_num_queries: Any
) -> None:
    browser = as_member(administrator)
    for domains in (["a.example.edu"], ["b.example.edu", "c.example.edu"]):
        for domain in domains:
            set_by(administrator, domain=domain)
        with django_assert_num_queries(SHELL + 1):
            browser.get(LIST)
