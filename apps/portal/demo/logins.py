"""Whom to sign in as."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from apps.accounts.models import User
from apps.organizations.models import Membership

from .cast import LOGINS, PASSWORD, totp_secret


def demo_logins() -> list[dict[str, str]]:
    """One login for each role: role, name, email, password, organization,
    organization_code, membership (id), membership_role and, for who has a second factor, the
    totp_secret and the totp_code of this moment; empty without demo data."""
    people = {user.email: user for user in User.objects.filter(email__in=[login.email for login in LOGINS])}
    if len(people) < len(LOGINS):
        return []
    first = {
        membership.user_id: membership
        for membership in Membership.objects.current()
        .filter(user__in=people.values())
        .select_related("organization")
        .order_by("-pk")
    }
    with_factor = set(Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("user_id", flat=True))
    logins = []
    for role, email in LOGINS:
        membership = first.get(people[email].pk)
        secret = totp_secret(email) if people[email].pk in with_factor else ""
        logins.append(
            {
                "role": role,
                "name": people[email].name,
                "email": email,
                "password": PASSWORD,
                "organization": membership.organization.local_name if membership else "",
                "organization_code": membership.organization.code if membership else "",
                "membership": str(membership.pk) if membership else "",
                "membership_role": membership.role if membership else "",
                "totp_secret": secret,
                "totp_code": format_hotp_value(hotp_value(secret, int(time.time()) // 30)) if secret else "",
            }
        )
    return logins
