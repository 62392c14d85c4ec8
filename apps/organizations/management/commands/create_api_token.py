from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.organizations.models import ApiToken, Membership, Organization, Role
from apps.organizations.tokens import token_create


class Command(BaseCommand):
    help = "Make an API token for one membership. Prints the token, once, and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, metavar="CODE")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--scope", required=True, choices=ApiToken.Scope.values)
        parser.add_argument("--days", type=int, default=365, help="until it expires (365)")

    def handle(self, *args: Any, **options: Any) -> None:
        membership = _membership(options["email"], options["organization"], options["role"])
        try:
            _token, secret = token_create(
                Actor.system("create_api_token"),
                membership_id=membership.pk,
                name="create_api_token",
                scope=options["scope"],
                days=options["days"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(secret)


def _membership(email: str, code: str, role: str) -> Membership:
    try:
        user = User.objects.get_by_natural_key(email)
    except User.DoesNotExist as error:
        raise CommandError(f"Nobody has the e-mail address {email}.") from error
    if not user.is_active:
        raise CommandError(f"{email} is disabled.")
    organization = Organization.objects.filter(code=code).first()
    if organization is None:
        raise CommandError(f"No organization has the code {code}.")
    current = user.memberships.current().filter(organization=organization)
    membership = current.filter(role=role).first()
    if membership is None:
        roles = ", ".join(sorted(current.values_list("role", flat=True))) or "none"
        raise CommandError(f"{email} is not {role} of {organization.name} (roles there: {roles}).")
    return membership
