"""Organizations, people and memberships, made by the portal's own services."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.organizations.middleware import SESSION_KEY, needs_second_factor
from apps.organizations.models import ApiToken, Membership, Organization, Region, Role
from apps.organizations.principal import actor_for
from apps.organizations.services import membership_start, organization_create
from apps.organizations.tokens import token_create

SYSTEM = Actor.system("tests")
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_number = count(1)


def make_region(code: str = "320500", name: str = "苏州市") -> Region:
    """A prefecture with its province."""
    province, _ = Region.objects.get_or_create(
        code=f"{code[:2]}0000", defaults={"name": "江苏省", "level": Region.Level.PROVINCE}
    )
    region, _ = Region.objects.get_or_create(
        code=code, defaults={"name": name, "level": Region.Level.PREFECTURE, "parent": province}
    )
    return region


def make_organization(kind: str, **values: Any) -> Organization:
    number = next(_number)
    values.setdefault("code", f"T{number:09d}")
    values.setdefault("name", f"机构{number}")
    values.setdefault("name_en", f"Organization {number}")
    values.setdefault("region_code", make_region().code)
    return organization_create(SYSTEM, kind=kind, **values)


def make_university(**values: Any) -> Organization:
    return make_organization(Organization.Kind.UNIVERSITY, **values)


def make_enterprise(**values: Any) -> Organization:
    return make_organization(Organization.Kind.ENTERPRISE, **values)


def make_person(name: str = "") -> User:
    number = next(_number)
    return User.objects.create_user(
        f"person{number}@example.org", PASSWORD, name=name or f"Person {number}", email_verified=True
    )


def make_member(organization: Organization, role: str = Role.COORDINATOR, user: User | None = None) -> Membership:
    user = user or make_person()
    return membership_start(SYSTEM, organization_id=organization.pk, user_id=user.pk, role=role)


def actor_as(membership: Membership) -> Actor:
    """The actor of a membership, as the middleware builds it just after the second factor was given."""
    return replace(actor_for(membership.user_id, membership.pk), confirmed=True)


def sign_in(browser: Client, membership: Membership) -> None:
    """A session that began with a second factor just now."""
    sign_in_person(
        browser, membership.user, with_factor=needs_second_factor(actor_for(membership.user_id, membership.pk))
    )
    session = browser.session
    session[SESSION_KEY] = membership.pk
    session.save()


def sign_in_person(browser: Client, user: User, *, with_factor: bool = True) -> None:
    """Like ``sign_in``, for who need not be a member: platform staff."""
    browser.force_login(user)
    if with_factor:
        give_authenticator(user)
    confirm(browser, user)


def give_authenticator(user: User, secret: str = TOTP_SECRET) -> Authenticator:
    """An authenticator app, unless the person has one."""
    present = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return present or TOTP.activate(user, secret).instance


def confirm(browser: Client, user: User, *, seconds_ago: float = 0) -> None:
    """Write into the session that a second factor was given."""
    session = browser.session
    given = {"method": "mfa", "at": time.time() - seconds_ago, "type": "totp", "reauthenticated": True}
    session["account_authentication_methods"] = [given]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def session_client(membership: Membership) -> APIClient:
    """A REST client with the session of a browser, for what a token may not do."""
    client = APIClient()
    sign_in(client, membership)
    return client


def rest_client(membership: Membership, scope: str = "write") -> APIClient:
    """A REST client with a token of the membership that was used just now, so that its use is not written down again."""
    token, secret = token_create(SYSTEM, membership_id=membership.pk, name="test", scope=scope)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client
