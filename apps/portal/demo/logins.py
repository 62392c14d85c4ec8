"""Whom to sign in as."""

from __future__ import annotations

from apps.accounts.models import User
from apps.organizations.models import Membership

from .cast import LOGINS, PASSWORD


def demo_logins() -> list[dict[str, str]]:
    """One login for each role: role, name, email, password, organization,
    organization_code, membership (id) and membership_role; empty without demo data."""
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
    logins = []
    for role, email in LOGINS:
        membership = first.get(people[email].pk)
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
            }
        )
    return logins
